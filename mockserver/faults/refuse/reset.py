"""Resets the connection."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults import Reset


class ResetAction(FaultAction[Reset]):
    """Nothing is applied, and nothing sent."""

    def before(self) -> None:
        raise FaultAnswerError(self.journal_text)

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        await delivery.connection.reset()
