"""The answer that goes back to a client."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from workerkit.openapi.formats.strict_json import render

RawHeaders = tuple[tuple[bytes, bytes], ...]
_CACHE_SIZE = 4096


@dataclass(slots=True)  # not frozen: the mock makes one per request, and frozen takes four times as long
class Answer:
    """An HTTP answer.

    status: the HTTP status.
    headers: names in lower case and values, as bytes.
    body: the body, as bytes.
    """

    status: int
    headers: RawHeaders
    body: bytes

    def with_header(self, name: bytes, value: bytes | None, *, body: bytes | None = None) -> Answer:
        """A copy of the answer in which one header has another value.

        value: the new value. None removes the header.
        body: the body of the copy. None keeps the body.
        """
        others = tuple(header for header in self.headers if header[0] != name)
        headers = others if value is None else (*others, (name, value))
        return Answer(self.status, headers, self.body if body is None else body)

    def to_http_bytes(self) -> bytes:
        """The answer as HTTP/1.1 bytes, for a connection that stays open."""
        return _head_bytes(self.status, self.headers) + self.body

    async def send(self, send: Send) -> None:
        """Sends the answer through ASGI."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(value: Any, status: int = 200, extra_headers: RawHeaders = ()) -> Answer:
    """An answer with a JSON body. It has the headers content-type and content-length."""
    body = render(value)
    headers = _json_headers(len(body))
    return Answer(status, headers + extra_headers if extra_headers else headers, body)


@lru_cache(maxsize=_CACHE_SIZE)
def _json_headers(length: int) -> RawHeaders:
    return (b"content-type", b"application/json"), (b"content-length", b"%d" % length)


@lru_cache(maxsize=_CACHE_SIZE)
def _head_bytes(status: int, headers: RawHeaders) -> bytes:
    lines = (b"%s: %s\r\n" % header for header in headers)
    return b"".join([STATUS_LINE[status], *lines, b"\r\n"])
