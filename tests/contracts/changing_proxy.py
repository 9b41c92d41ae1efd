"""A proxy in front of a server. A test can change each answer, or take it away."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# The options of a socket that ends with a reset.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class ProxiedRequest:
    """A request that the proxy has passed on.

    number: its number on the proxy. The first one is 1.
    number_on_connection: its number on its connection.
    """

    method: str
    path: str
    key: str | None
    body: bytes
    number: int
    number_on_connection: int


@dataclass(frozen=True)
class Answer:
    """An answer as bytes.

    status: the HTTP status.
    headers: lines, without the line for the length.
    body: the bytes of the body.
    before: bytes before the status line.
    after: bytes after the body.
    cut: how many bytes at the end are not sent.
    closes: True if the connection ends after the answer, although no header says so.
    resets: True if the connection then ends with a reset.
    """

    status: int
    headers: tuple[bytes, ...]
    body: bytes
    before: bytes = b""
    after: bytes = b""
    cut: int = 0
    closes: bool = False
    resets: bool = False

    def raw(self) -> bytes:
        """All bytes of the answer."""
        lines = (b"HTTP/1.1 %d Any" % self.status, *self.headers, b"Content-Length: %d" % len(self.body))
        whole = self.before + b"\r\n".join(lines) + b"\r\n\r\n" + self.body + self.after
        return whole[: len(whole) - self.cut] if self.cut else whole


# Gets a request and the answer of the server. Returns the answer to send, or None for no answer.
Change = Callable[[ProxiedRequest, Answer], Answer | None]


@contextmanager
def changing_proxy(upstream: str, change: Change) -> Iterator[str]:
    """A proxy to the server with this base URL. Gives its own base URL."""
    address = urlsplit(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(address.netloc, change))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{address.path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(upstream: str, change: Change) -> type[BaseHTTPRequestHandler]:
    numbers = iter(range(1, 10**9))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(upstream)
            self.count = 0

        def finish(self) -> None:
            self.upstream.close()
            with suppress(OSError):
                super().finish()

        def forward(self) -> None:
            self.count += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.headers.get("X-API-Key")
            request = ProxiedRequest(self.command, self.path, key, body, next(numbers), self.count)
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            response = self.upstream.getresponse()
            kind = response.getheader("Content-Type", "application/json").encode()
            answer = change(request, Answer(response.status, (b"Content-Type: " + kind,), response.read()))
            if answer is not None:
                self.wfile.write(answer.raw())
            if answer is None or answer.closes or answer.cut:
                self.close_connection = True
            if answer is not None and answer.resets:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

        do_GET = do_POST = do_PUT = forward

        def handle(self) -> None:
            # The client may close the connection first.
            with suppress(OSError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
