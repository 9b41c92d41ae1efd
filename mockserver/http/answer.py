"""What goes back to a client."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from workerkit.openapi.formats.strict_json import render

RawHeaders = tuple[tuple[bytes, bytes], ...]
_MOST_KEPT = 4096


@dataclass(slots=True)  # one for each request: to freeze it would take four times as long
class Answer:
    """A status, headers (names in lower case) and a body, all as they go on the wire."""

    status: int
    headers: RawHeaders
    body: bytes

    def with_header(self, name: bytes, value: bytes | None, *, body: bytes | None = None) -> Answer:
        """The answer with another value of a header, without it for None; and with another body, if given."""
        others = tuple(header for header in self.headers if header[0] != name)
        headers = others if value is None else (*others, (name, value))
        return Answer(self.status, headers, self.body if body is None else body)

    def on_the_wire(self) -> bytes:
        """The answer as HTTP/1.1 writes it to a client that stays connected."""
        return _head(self.status, self.headers) + self.body

    async def send(self, send: Send) -> None:
        """Sends the answer as an ASGI application does."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(value: Any, status: int = 200, extra: RawHeaders = ()) -> Answer:
    """An answer of JSON, with its type and length."""
    body = render(value)
    headers = _json_headers(len(body))
    return Answer(status, headers + extra if extra else headers, body)


@lru_cache(maxsize=_MOST_KEPT)
def _json_headers(length: int) -> RawHeaders:
    return (b"content-type", b"application/json"), (b"content-length", b"%d" % length)


@lru_cache(maxsize=_MOST_KEPT)
def _head(status: int, headers: RawHeaders) -> bytes:
    lines = (b"%s: %s\r\n" % header for header in headers)
    return b"".join([STATUS_LINE[status], *lines, b"\r\n"])
