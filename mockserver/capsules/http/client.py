"""Sends a recorded request again and sees how its answer ends, on a connection of its own."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from workerkit.mockserver.capsules.file.capsule import Ending, Recorded
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError
from workerkit.mockserver.http.trusted_certificates import TRUSTED, tls
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange

_AT_ONCE = 256 * 1024
# What belongs to a connection and not to the request; the length is counted anew.
_OF_THE_WAY = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "keep-alive"})


class UnreachableError(CannotRunError, OSError):
    """Nothing answers at an address; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go: `host` as it stands in the header, TLS with a check of the certificate or none."""

    name: str
    port: int
    host: str
    tls: bool = False

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def connect(self, seconds: float) -> socket.socket:
        """A connection. Raises Unreachable."""
        try:
            plain = socket.create_connection((self.name, self.port), timeout=seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self.tls:
                return plain
            return tls().wrap_socket(plain, server_hostname=self.name)
        except OSError as error:
            raise UnreachableError(self.trouble(error)) from None

    def trouble(self, error: OSError) -> str:
        """What kept a connection from being made, and what to do."""
        if isinstance(error, ssl.SSLCertVerificationError):
            why = str(error.verify_message).rstrip(".")
            return (
                f"{self.host} is not sent anything: its certificate is not trusted ({why}). If a private "
                f"authority has signed it, name the file with that one's certificate: {TRUSTED[0]}=FILE"
            )
        if isinstance(error, ssl.SSLError):
            return f"{self.host} cannot be reached: it speaks no TLS that is understood here. Is it http://?"
        why = error.strerror or str(error) or type(error).__name__
        return f"{self.host} cannot be reached: {why}. Is the server up, and the address right?"


def send(
    exchange: Exchange, address: Address, *, patience: float, now: Callable[[], float] = time.time
) -> Recorded:
    """Sends an exchange's request and returns what came of it, waiting at most so many seconds for more.

    Raises Unreachable.
    """
    began = now()
    with address.connect(patience) as connection:
        answer = _Answer()
        answer.framer.expects_no_body = exchange.method == "HEAD"
        ending = _exchanged(connection, request_bytes(exchange, address.host), answer)
    head = answer.head
    seen = replace(
        exchange,
        status=None if head is None else head.status,
        answer_headers=() if head is None else head.headers,
        answer_body=bytes(answer.body),
        began=began,
        ended=now(),
        why="",
    )
    return Recorded(seen, ending)


def request_bytes(exchange: Exchange, host: str) -> bytes:
    """The request as it goes on the wire, for a connection that ends after it."""
    target = exchange.path + (f"?{exchange.query}" if exchange.query else "")
    had_body = exchange.request_body or any(name == "content-length" for name, _ in exchange.request_headers)
    headers = [(name, text) for name, text in exchange.request_headers if name not in _OF_THE_WAY]
    length = [("content-length", str(len(exchange.request_body)))] if had_body else []
    lines = [f"{name}: {text}\r\n" for name, text in [("host", host), *headers, *length]]
    head = f"{exchange.method} {target} HTTP/1.1\r\n{''.join(lines)}connection: close\r\n\r\n"
    return head.encode("latin-1", "replace") + exchange.request_body


class _Answer:
    """What came of an answer so far."""

    def __init__(self) -> None:
        self.framer = Framer(answers=True)
        self.head: Head | None = None
        self.body = bytearray()

    def take(self, data: bytes) -> bool:
        """Takes more of it; whether it is complete then. Raises Garbled."""
        for piece in self.framer.feed(data):
            self.head = piece.head or self.head
            self.body += piece.payload
            if piece.last:
                return True
        return False

    @property
    def has_begun(self) -> bool:
        return self.head is not None or not self.framer.is_between


def _exchanged(connection: socket.socket, request: bytes, answer: _Answer) -> Ending:
    try:
        connection.sendall(request)
        while data := connection.recv(_AT_ONCE):
            if answer.take(data):
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
