"""What goes back to a client."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.types import Send

from workerkit.openapi.jsontext import render

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers (names in lower case) and a body, all as they go on the wire."""

    status: int
    headers: RawHeaders
    body: bytes

    def with_header(self, name: bytes, value: bytes | None, *, body: bytes | None = None) -> Answer:
        """The answer with another value of a header, without it for None; and with another body, if given."""
        others = [each for each in self.headers if each[0] != name]
        headers = others if value is None else [*others, (name, value)]
        return replace(self, headers=headers, body=self.body if body is None else body)

    async def send(self, send: Send) -> None:
        """Sends the answer as an ASGI application does."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(value: Any, status: int = 200, extra: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """An answer of JSON, with its type and length."""
    body = render(value)
    length = b"%d" % len(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", length), *extra]
    return Answer(status, headers, body)
