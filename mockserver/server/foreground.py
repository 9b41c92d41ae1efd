"""Serving in the foreground: says what is there, and ends in good order at a signal."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from workerkit.mockserver.atomic_file import write_whole
from workerkit.mockserver.control.control_calls import server_keys
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.formats.strict_json import render


def serve_until_signal(
    mock: MockServer, *, say: Callable[[str], None], ready_file: str | None, token: str | None
) -> None:
    """Waits for SIGINT or SIGTERM while a mock serves, in the main thread.

    First writes the ready file, if one is asked for, in one step, for its owner only; then says where the
    mock is.
    """
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if ready_file is not None:
        write_whole(ready_file, render(_readiness(mock, token)), secret=True)
    for line in _greeting(mock):
        say(line)
    ended.wait()


def _readiness(mock: MockServer, token: str | None) -> dict[str, Any]:
    return {
        "base_url": mock.base_url,
        "control_url": mock.control_url,
        "token": token,
        "pid": os.getpid(),
        "servers": mock.ask(lambda: server_keys(mock.worlds.world(DEFAULT))),
    }


def _greeting(mock: MockServer) -> list[str]:
    servers = mock.ask(lambda: list(mock.worlds.world(DEFAULT).servers.values()))
    key = servers[0].keys[-1]
    return [
        f"The Worker API is at  {mock.base_url}",
        f"The control plane at  {mock.control_url}",
        *(f"  {server.name} ({server.status}): X-API-Key: {' or '.join(server.keys)}" for server in servers),
        f"Try it:  curl -H 'X-API-Key: {key}' {mock.base_url}/tasks",
    ]
