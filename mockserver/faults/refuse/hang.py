"""Holds the connection open."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults import Hang


class HangAction(FaultAction[Hang]):
    """Ends with the client, or with the server."""

    def before(self) -> None:
        raise FaultAnswerError(self.journal_text)

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        await delivery.connection.pause(None)
        await delivery.connection.close()
