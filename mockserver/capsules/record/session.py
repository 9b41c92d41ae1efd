"""A recording session: a proxy that writes a capsule until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing

import uvloop

from workerkit.mockserver.atomic_file import CannotWriteError, write_whole
from workerkit.mockserver.capsules.file.capsule import Recorded
from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.record.proxy import Proxy
from workerkit.mockserver.capsules.record.recording import Recording
from workerkit.mockserver.server.server import CannotListenError, listening
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

_SECONDS_TO_CONNECT = 10.0
_GARBAGE = 20_000, 20, 50
Watch = Callable[[Recorded, Recorded], None]


def record(
    upstream: Address,
    out: str,
    *,
    host: str,
    port: int,
    ready_file: str | None,
    say: Callable[[str], None],
    watch: Watch,
) -> int:
    """Records what goes between clients and a server until SIGINT or SIGTERM; returns how many exchanges.

    `watch` gets each exchange as it came, and as it was written, without secrets. Raises Unreachable where
    the server is not there at the start, CannotListen, CannotWrite.
    """
    upstream.connect(_SECONDS_TO_CONNECT).close()
    with _listening(host, port) as here:
        base_url = _base_url(here)
        recording = Recording(out, upstream=upstream.url + worker_api().base_path, began=time.time())

        lost: list[CannotWriteError] = []

        def hear(recorded: Recorded) -> None:
            if lost:
                return
            try:
                watch(recorded, recording.add(recorded))
            except CannotWriteError as error:
                lost.append(error)
                say(f"{error}. What comes from now on is passed on, and not recorded.")

        def ready() -> None:
            if ready_file is not None:
                write_whole(ready_file, render({"base_url": base_url, "pid": os.getpid()}), secret=True)
            say(f"Recording what goes to {upstream.url}{worker_api().base_path} into {out}.")
            say(f"Let the worker call  {base_url}  and end the recording with Ctrl-C.")

        with closing(recording):
            # Bodies are many objects that live briefly: few of them are there when garbage is looked for.
            gc.freeze()
            gc.set_threshold(*_GARBAGE)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_until_signal(Proxy(upstream, hear, say), here, ready))
            recording.finish()
        if lost:
            kept = "exchange" if recording.count == 1 else f"{recording.count} exchanges"
            raise CannotWriteError(f"{out} has the first {kept} only: {lost[0]}")
    return recording.count


async def _until_signal(proxy: Proxy, here: socket.socket, ready: Callable[[], None]) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await proxy.serve(here, ended, ready)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listening(host, port)
    except CannotListenError as error:
        raise CannotListenError(f"{error}. Take another --port: 0 is a free one") from None


def _base_url(here: socket.socket) -> str:
    host, port = here.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{worker_api().base_path}"
