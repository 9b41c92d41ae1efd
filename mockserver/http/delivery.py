"""One answer on its way to the client, and what of it really went out."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope, Send

from workerkit.mockserver.http.answer import Answer, RawHeaders
from workerkit.mockserver.http.connection import EXTENSION, Connection


class Delivery:
    """Sends an answer as a fault wants it sent, over a connection that the mock's own protocol serves.

    `status`, `headers` and `body` are what was sent so far; the status is None where no head was. `left_at`
    is when the last part of a whole answer was about to leave: the client may go on from then, also while a
    busy machine keeps us from it. Everything that sends raises Lost where the client is gone.
    """

    def __init__(self, scope: Scope, send: Send, now: Callable[[], float]) -> None:
        self.connection: Connection = scope["extensions"][EXTENSION]["wire"]
        self._send = send
        self._now = now
        self.left_at: float | None = None
        self.status: int | None = None
        self.headers: RawHeaders = ()
        self.body = bytearray()

    async def whole(self, answer: Answer) -> None:
        """Sends an answer as it is."""
        await self.head(answer)
        await self.part(answer.body, last=True)

    async def head(self, answer: Answer) -> None:
        """Sends the status and the headers."""
        self.connection.check()
        await self._send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        self.status, self.headers = answer.status, answer.headers

    async def part(self, data: bytes, *, last: bool) -> None:
        """Sends a part of the body, after the head."""
        self.connection.check()
        self.left_at = self._now() if last else None
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})
        self.body += data

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are, whatever HTTP says of them; the connection has to end after them."""
        self.connection.write(data)
        self.body += data
