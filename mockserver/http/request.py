"""An HTTP request with its bytes, before the mock parses it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

from workerkit.mockserver.http.headers import HeaderSet, decode_headers
from workerkit.openapi.errors import WorkerkitError

MAX_BODY_BYTES = 8 * 2**20
# If the mock closes the connection while the client still sends, the client does not see the answer.
# So the mock continues to read, up to this many bytes.
_MAX_READ_BYTES = 8 * MAX_BODY_BYTES


class ClientGoneError(WorkerkitError):
    """The client closed the connection before its request was complete."""


@dataclass(slots=True)  # not frozen: the mock makes one per request, and frozen takes four times as long
class Request:
    """An HTTP request.

    path: the path without the query, not decoded.
    query: the text after `?`, not decoded.
    is_too_large: whether the body was longer than the limit; then `body` is only its beginning.
    """

    method: str
    path: str
    query: str
    headers: HeaderSet
    body: bytes
    is_too_large: bool

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in lower case. None if it is missing or occurs twice."""
        return self.headers.by_name.get(name)


async def receive_request(scope: Scope, receive: Receive, *, max_bytes: int = MAX_BODY_BYTES) -> Request:
    """Reads a request to its end. Keeps the first `max_bytes` bytes of its body. Raises ClientGoneError."""
    headers = decode_headers(scope["headers"])
    body, is_too_large = await _read_body(receive, max_bytes) if headers.has_body else (b"", False)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        is_too_large=is_too_large,
    )


async def _read_body(receive: Receive, max_bytes: int) -> tuple[bytes, bool]:
    message = await _next_message(receive)
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts, length = bytearray(body), len(body)
        while message.get("more_body") and length <= max(_MAX_READ_BYTES, max_bytes):
            message = await _next_message(receive)
            part = message.get("body", b"")
            length += len(part)
            parts += part if len(parts) <= max_bytes else b""
        body = bytes(parts)
    return body[:max_bytes], len(body) > max_bytes


async def _next_message(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message
