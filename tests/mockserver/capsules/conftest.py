"""A recording proxy in a thread, and a client that sends bytes."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeListener
from workerkit.mockserver.capsules.record.proxy import Proxy
from workerkit.mockserver.platform.event_loop import new_event_loop
from workerkit.mockserver.server.server import listening_socket

SECONDS = 120.0


@contextmanager
def proxying(
    upstream: Address, listener: ExchangeListener, print_line: Callable[[str], None] = lambda line: None
) -> Iterator[Address]:
    """A recording proxy for a server. After `with`, `listener` was called with all exchanges."""
    proxy_socket, ready = listening_socket("127.0.0.1", 0), threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        stop.append((asyncio.get_running_loop(), ended))
        await Proxy(upstream, listener, print_line).serve(proxy_socket, ended, ready.set)

    def run() -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    port = proxy_socket.getsockname()[1]
    try:
        yield Address("127.0.0.1", port, f"127.0.0.1:{port}")
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        proxy_socket.close()


def raw(address: Address, data: bytes, *, timeout: float = SECONDS) -> tuple[bytes, str]:
    """Sends bytes on a new connection. Returns the received bytes and how the connection ended."""
    got = b""
    try:
        with socket.create_connection((address.name, address.port), timeout=timeout) as connection:
            connection.sendall(data)
            while part := connection.recv(65536):
                got += part
    except TimeoutError:
        return got, "silence"
    except ConnectionResetError:
        return got, "reset"
    return got, "closed"
