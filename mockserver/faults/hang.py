"""Holds the connection open."""

from __future__ import annotations

from workerkit.mockserver.answer import Answer
from workerkit.mockserver.faults.deed import Deed, Deliver
from workerkit.mockserver.line import Line
from workerkit.mockserver.refusal import Disturbed
from workerkit.scenarios.faults import Hang


class HangDeed(Deed[Hang]):
    """Ends with the client, or with the server."""

    def before(self) -> None:
        raise Disturbed(self.told)

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        await line.wire.pause(None)
        await line.wire.close()
