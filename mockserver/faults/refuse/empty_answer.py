"""The fault `empty-answer`: closes the connection without an answer."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.empty_answer import EmptyAnswer


class EmptyAnswerAction(FaultAction[EmptyAnswer]):
    """Refuses the request and closes the connection. The world does not change, and nothing is sent."""

    def before_handling(self) -> None:
        raise FaultAnswerError(self.journal_text)

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        await delivery.connection.close()
