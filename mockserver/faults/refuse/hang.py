"""Holds the connection open."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deed, Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Line
from workerkit.mockserver.world.refusal import Disturbed
from workerkit.scenarios.faults import Hang


class HangDeed(Deed[Hang]):
    """Ends with the client, or with the server."""

    def before(self) -> None:
        raise Disturbed(self.told)

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        await line.wire.pause(None)
        await line.wire.close()
