"""Sends one answer and records the bytes that were sent."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope, Send

from workerkit.mockserver.http.answer import Answer, RawHeaders
from workerkit.mockserver.http.connection import EXTENSION, Connection


class Delivery:
    """Sends one answer. Faults use it to send an answer in parts, or a broken answer.

    Works only for a request that came through the class `Protocol` in `server/`.

    connection: the client's connection.
    status: the status that was sent; None while no head was sent.
    headers: the headers that were sent.
    body: the part of the body that was sent so far.
    completed_at: the time just before the last part was sent; None if it was not sent yet. It is not the
        time after the sending, because a client may receive the part before the mock can read the clock.

    All methods raise ConnectionLostError when the client has closed the connection.
    """

    def __init__(self, scope: Scope, send: Send, now: Callable[[], float]) -> None:
        self.connection: Connection = scope["extensions"][EXTENSION]["connection"]
        self._send = send
        self._now = now
        self.completed_at: float | None = None
        self.status: int | None = None
        self.headers: RawHeaders = ()
        self.body = bytearray()

    async def send_answer(self, answer: Answer) -> None:
        """Sends the complete answer without any change."""
        await self.send_head(answer)
        await self.send_part(answer.body, last=True)

    async def send_head(self, answer: Answer) -> None:
        """Sends the status and the headers."""
        self.connection.check()
        await self._send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        self.status, self.headers = answer.status, answer.headers

    async def send_part(self, data: bytes, *, last: bool) -> None:
        """Sends a part of the body. The head must be sent first."""
        self.connection.check()
        self.completed_at = self._now() if last else None
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})
        self.body += data

    def send_raw(self, data: bytes) -> None:
        """Sends bytes that need not be valid HTTP. The caller must close the connection after them."""
        self.connection.write(data)
        self.body += data
