"""A recording session: a proxy that writes a capsule until a signal stops it."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing

from workerkit.mockserver.atomic_file import CannotWriteError, write_atomically
from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.record.exchange_queue import ExchangeQueue
from workerkit.mockserver.capsules.record.proxy import Proxy
from workerkit.mockserver.capsules.record.recording import Recording
from workerkit.mockserver.platform.event_loop import call_at_stop_signal, new_event_loop
from workerkit.mockserver.server.server import CannotListenError, listening_socket
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.secret_choice import SecretChoice
from workerkit.openapi.spec.api import worker_api

_SECONDS_TO_CONNECT = 10.0
_GC_THRESHOLDS = 20_000, 20, 50
OnExchange = Callable[[RecordedExchange, RecordedExchange], None]


def record(
    upstream: Address,
    out: str,
    *,
    host: str,
    port: int,
    ready_file: str | None,
    choice: SecretChoice,
    print_line: Callable[[str], None],
    on_exchange: OnExchange,
) -> int:
    """Records the exchanges between clients and a server until SIGINT or SIGTERM. Returns their number.

    upstream: the address of the server.
    out: the name of the capsule file.
    host, port: the address on which the proxy listens.
    ready_file: a file that is written when the proxy listens; None for no file.
    choice: what else is hidden, and what is not.
    print_line: is called with each message for the user.
    on_exchange: is called for each exchange with two versions: the original, and one without secrets.

    Raises UnreachableError if the server does not accept a connection at the start, CannotListenError if the
    proxy cannot listen on its address, and CannotWriteError if a file cannot be written.
    """
    upstream.connect(_SECONDS_TO_CONNECT).close()
    with _listening(host, port) as proxy_socket:
        base_url = _base_url(proxy_socket)
        upstream_url = upstream.url + worker_api().base_path
        recording = Recording(out, upstream=upstream_url, began=time.time(), choice=choice)

        failures: list[CannotWriteError] = []

        def add(recorded: RecordedExchange) -> None:
            if failures:
                return
            try:
                on_exchange(recorded, recording.add(recorded))
            except CannotWriteError as error:
                failures.append(error)
                print_line(f"{error}. From now on the proxy passes requests on, but records nothing.")

        def ready() -> None:
            if ready_file is not None:
                write_atomically(ready_file, render({"base_url": base_url, "pid": os.getpid()}), secret=True)
            print_line(f"Recording all exchanges with {upstream.url}{worker_api().base_path} into {out}.")
            print_line(f"Set the worker's base URL to  {base_url}  and press Ctrl-C to end the recording.")

        with closing(recording):
            # A body consists of many objects with a short life. The garbage collector runs less often, so
            # that most of these objects are gone when it runs.
            gc.freeze()
            gc.set_threshold(*_GC_THRESHOLDS)
            with ExchangeQueue(add) as queue, asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(_serve_until_signal(Proxy(upstream, queue.put, print_line), proxy_socket, ready))
            recording.finish()
        if failures:
            kept = "exchange" if recording.count == 1 else f"{recording.count} exchanges"
            raise CannotWriteError(f"{out} contains the first {kept} only: {failures[0]}")
    return recording.count


async def _serve_until_signal(proxy: Proxy, proxy_socket: socket.socket, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    call_at_stop_signal(stop.set)
    await proxy.serve(proxy_socket, stop, ready)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listening_socket(host, port)
    except CannotListenError as error:
        raise CannotListenError(f"{error}. Choose another --port; --port 0 chooses a free one") from None


def _base_url(proxy_socket: socket.socket) -> str:
    host, port = proxy_socket.getsockname()[:2]
    url_host = f"[{host}]" if ":" in host else host
    return f"http://{url_host}:{port}{worker_api().base_path}"
