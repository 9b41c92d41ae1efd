"""The fault `hang`: never answers."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.hang import Hang


class HangAction(FaultAction[Hang]):
    """Keeps the connection open without an answer, until the client closes it or the server stops."""

    def before_handling(self) -> None:
        raise FaultAnswerError(self.journal_text)

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        await delivery.connection.pause(None)
        await delivery.connection.close()
