"""A TCP server whose answers are raw bytes, to test answers that no HTTP library would send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

END = b"\r\n\r\n"
Behaviour = Callable[[socket.socket], None]


@contextmanager
def listening(
    behaviour: Behaviour, wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
) -> Iterator[int]:
    """Starts a server and gives its port. It calls `behaviour` with each new connection, then closes it.

    `wrap` can add TLS to a connection.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                with listener.accept()[0] as connection:
                    handle(connection)
            except OSError:
                if listener.fileno() < 0:
                    return

    def handle(plain: socket.socket) -> None:
        plain.settimeout(120)
        with wrap(plain) as connection:
            behaviour(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def read_request(connection: socket.socket) -> bytes:
    """The bytes of one request, or nothing if the client has closed the connection."""
    received = b""
    while END not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(END)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        part = connection.recv(missing)
        received, missing = received + part, missing - len(part)
    return received


def answering(*parts: bytes) -> Behaviour:
    """Reads one request and answers with these bytes."""

    def behaviour(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)

    return behaviour


def repeating(first: bytes, again: bytes, pause: float = 0) -> Behaviour:
    """Reads one request and answers with `first`, then with `again` without end. `pause` is in seconds."""

    def behaviour(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(first)
        while True:
            connection.sendall(again)
            threading.Event().wait(pause)

    return behaviour
