"""The fault `reset-in-body`: resets the connection before the body is complete."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import first_part
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.spoil.reset_in_body import ResetInBody


class ResetInBodyAction(FaultAction[ResetInBody]):
    """Sends a part of the body, waits until the client has received it, and resets the connection."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        await delivery.send_head(answer)
        await delivery.send_part(first_part(answer.body, self.fault.share), last=False)
        await delivery.connection.flush()
        await delivery.connection.reset()
