"""A recorder in a thread, and raw clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvloop

from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.record.exchange_assembler import Listener
from workerkit.mockserver.capsules.record.proxy import Proxy
from workerkit.mockserver.server.server import listening

SECONDS = 120.0


@contextmanager
def proxying(
    upstream: Address, listener: Listener, tell: Callable[[str], None] = lambda line: None
) -> Iterator[Address]:
    """A proxy before a server; the listener has heard of everything at the end of `with`."""
    here, ready = listening("127.0.0.1", 0), threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        stop.append((asyncio.get_running_loop(), ended))
        await Proxy(upstream, listener, tell).serve(here, ended, ready.set)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    port = here.getsockname()[1]
    try:
        yield Address("127.0.0.1", port, f"127.0.0.1:{port}")
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        here.close()


def raw(address: Address, data: bytes, *, patience: float = SECONDS) -> tuple[bytes, str]:
    """What a raw client gets for bytes, and how the connection ended."""
    got = b""
    try:
        with socket.create_connection((address.name, address.port), timeout=patience) as connection:
            connection.sendall(data)
            while part := connection.recv(65536):
                got += part
    except TimeoutError:
        return got, "silence"
    except ConnectionResetError:
        return got, "reset"
    return got, "closed"
