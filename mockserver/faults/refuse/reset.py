"""Resets the connection."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deed, Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Line
from workerkit.mockserver.world.refusal import Disturbed
from workerkit.scenarios.faults import Reset


class ResetDeed(Deed[Reset]):
    """Nothing is applied, and nothing sent."""

    def before(self) -> None:
        raise Disturbed(self.told)

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        await line.wire.reset()
