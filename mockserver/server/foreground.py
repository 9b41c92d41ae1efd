"""Serves in the foreground: prints the addresses of the mock and waits for a signal to stop."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from workerkit.mockserver.atomic_file import write_atomically
from workerkit.mockserver.control.control_calls import servers_with_keys
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

# On Windows, Python handles a signal only when a wait ends.
_SECONDS_BETWEEN_CHECKS = 0.5


def serve_until_signal(
    mock: WorldServer, *, print_line: Callable[[str], None], ready_file: str | None, token: str | None
) -> None:
    """Prints the addresses of the mock, then waits for SIGINT or SIGTERM. Call this in the main thread.

    print_line: prints one line of text.
    ready_file: a file with the addresses, the token and the API keys; None for no file. It is written in one
        step, before anything is printed. If the file is new, only its owner can read it.
    token: the control token, for the ready file.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if ready_file is not None:
        write_atomically(ready_file, render(_ready_file_json(mock, token)), secret=True)
    for line in _startup_lines(mock):
        print_line(line)
    while not stopped.wait(_SECONDS_BETWEEN_CHECKS):
        pass


def _ready_file_json(mock: WorldServer, token: str | None) -> dict[str, Any]:
    authority = mock.tls.authority if mock.tls is not None else None
    return {
        "base_url": mock.base_url,
        "control_url": mock.control_url,
        "token": token,
        "pid": os.getpid(),
        **({} if authority is None else {"authority_file": authority}),
        "servers": mock.run_in_server_thread(lambda: servers_with_keys(mock.worlds.world(DEFAULT))),
    }


def _startup_lines(mock: WorldServer) -> list[str]:
    servers = mock.run_in_server_thread(lambda: list(mock.worlds.world(DEFAULT).servers.values()))
    header, key = worker_api().key_header_name, servers[0].keys[-1]
    authority = mock.tls.authority if mock.tls is not None else None
    curl = "curl" if authority is None else f"curl --cacert {shlex.quote(authority)}"
    return [
        f"Worker API:     {mock.base_url}",
        f"Control plane:  {mock.control_url}",
        f"In a browser:   {mock.docs_url}",
        f"See it work:    {mock.inspector_url}",
        *(f"  {server.name} ({server.status}): {header}: {' or '.join(server.keys)}" for server in servers),
        f"Try it:  {curl} -H '{header}: {key}' {mock.base_url}/tasks",
    ]
