"""Sends a recorded request on its own connection, and returns the answer and how it ended."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError
from workerkit.mockserver.http.trusted_certificates import CERTIFICATE_VARIABLES, tls_context
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange

_READ_SIZE = 256 * 1024
# These headers belong to the old connection. The client sets Host and Content-Length itself.
_CONNECTION_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "keep-alive"}
)


class UnreachableError(CannotRunError, OSError):
    """A server cannot be reached. The message names the address and the reason."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server.

    name: the host name or IP address to connect to.
    port: the TCP port.
    host: the value of the Host header.
    tls: True for https. The client then checks the server's certificate.
    """

    name: str
    port: int
    host: str
    tls: bool = False

    @property
    def url(self) -> str:
        """The URL without a path: scheme, host and port."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def connect(self, seconds: float) -> socket.socket:
        """A new connection, with this timeout. Raises UnreachableError."""
        try:
            plain = socket.create_connection((self.name, self.port), timeout=seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self.tls:
                return plain
            return tls_context().wrap_socket(plain, server_hostname=self.name)
        except OSError as error:
            raise UnreachableError(self.failure_message(error)) from None

    def failure_message(self, error: OSError) -> str:
        """Why a connection failed, and what the user can do."""
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = str(error.verify_message).rstrip(".")
            return (
                f"nothing was sent to {self.host}, because its certificate is not trusted ({reason}). "
                "To trust a private certificate authority, set "
                f"{CERTIFICATE_VARIABLES[0]}=FILE to its certificate file"
            )
        if isinstance(error, ssl.SSLError):
            return f"{self.host} cannot be reached: the TLS handshake failed. For a server without TLS use http://"
        reason = error.strerror or str(error) or type(error).__name__
        return f"{self.host} cannot be reached: {reason}. Check that the server runs and the address is right"


def send(
    exchange: Exchange, address: Address, *, timeout: float, now: Callable[[], float] = time.time
) -> RecordedExchange:
    """Sends the request of `exchange`. Returns the request with the new answer.

    timeout: how many seconds to wait for the next bytes of the answer.

    Raises UnreachableError.
    """
    began = now()
    with address.connect(timeout) as connection:
        answer = _Answer()
        answer.framer.next_is_answer_to_head = exchange.method == "HEAD"
        ending = _exchange_bytes(connection, request_bytes(exchange, address.host), answer)
    head = answer.head
    answered = replace(
        exchange,
        status=None if head is None else head.status,
        answer_headers=() if head is None else head.headers,
        answer_body=bytes(answer.body),
        began=began,
        ended=now(),
        why="",
    )
    return RecordedExchange(answered, ending)


def request_bytes(exchange: Exchange, host: str) -> bytes:
    """The request as HTTP/1.1 bytes. A header asks the server to close the connection after the answer."""
    target = exchange.path + (f"?{exchange.query}" if exchange.query else "")
    has_length = exchange.request_body or any(
        name == "content-length" for name, _ in exchange.request_headers
    )
    headers = [(name, text) for name, text in exchange.request_headers if name not in _CONNECTION_HEADERS]
    length = [("content-length", str(len(exchange.request_body)))] if has_length else []
    lines = [f"{name}: {text}\r\n" for name, text in [("host", host), *headers, *length]]
    head = f"{exchange.method} {target} HTTP/1.1\r\n{''.join(lines)}connection: close\r\n\r\n"
    return head.encode("latin-1", "replace") + exchange.request_body


class _Answer:
    """The part of an answer that has come so far."""

    def __init__(self) -> None:
        self.framer = Framer(answers=True)
        self.head: Head | None = None
        self.body = bytearray()

    def add(self, data: bytes) -> bool:
        """Adds bytes. Returns True if the answer is complete now. Raises NotHttpError."""
        for piece in self.framer.feed(data):
            self.head = piece.head or self.head
            self.body += piece.payload
            if piece.last:
                return True
        return False

    @property
    def has_begun(self) -> bool:
        return self.head is not None or not self.framer.is_between_messages


def _exchange_bytes(connection: socket.socket, request: bytes, answer: _Answer) -> Ending:
    try:
        connection.sendall(request)
        while data := connection.recv(_READ_SIZE):
            if answer.add(data):
                return Ending.WHOLE
    except NotHttpError:
        return Ending.GARBLED
    except TimeoutError:
        return Ending.HUNG
    except OSError:
        return Ending.RESET_IN_ANSWER if answer.has_begun else Ending.RESET
    if answer.head is not None and answer.framer.ends_at_close:
        return Ending.WHOLE
    return Ending.CUT if answer.has_begun else Ending.CLOSED
