"""Closes the connection in the middle of a body."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import cut
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import CloseInBody


class CloseInBodyAction(FaultAction[CloseInBody]):
    """The head has announced the whole of it."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        await delivery.head(answer)
        await delivery.part(cut(answer.body, self.fault.share), last=False)
        await delivery.connection.close()
