"""A request as it came from the socket, before anything is understood of it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

from workerkit.mockserver.http.headers import HeaderSet, header_set
from workerkit.openapi.errors import WorkerkitError

MOST_BYTES = 8 * 2**20
# A client that still sends when the connection is closed does not see the answer.
_MOST_DRAINED = 8 * MOST_BYTES


class ClientGoneError(WorkerkitError):
    """The client went away before its request was complete."""


@dataclass(slots=True)  # one for each request: to freeze it would take four times as long
class Request:
    """A request. `path` is raw, as on the wire, without the query; `oversize` where the body was cut off."""

    method: str
    path: str
    query: str
    headers: HeaderSet
    body: bytes
    oversize: bool

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in lower case; None where it does not come, or comes twice."""
        return self.headers.named.get(name)


async def receive_request(scope: Scope, receive: Receive, *, most: int = MOST_BYTES) -> Request:
    """Reads a request to its end; of a body beyond `most` bytes only those are kept. Raises Gone."""
    headers = header_set(scope["headers"])
    body, oversize = await _body(receive, most) if headers.announces_body else (b"", False)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        oversize=oversize,
    )


async def _body(receive: Receive, most: int) -> tuple[bytes, bool]:
    message = await _part(receive)
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts, length = bytearray(body), len(body)
        while message.get("more_body") and length <= max(_MOST_DRAINED, most):
            message = await _part(receive)
            part = message.get("body", b"")
            length += len(part)
            parts += part if len(parts) <= most else b""
        body = bytes(parts)
    return body[:most], len(body) > most


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message
