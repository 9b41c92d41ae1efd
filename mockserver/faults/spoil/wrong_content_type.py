"""The fault `wrong-content-type`: sends another content type, or none."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.spoil.wrong_content_type import WrongContentType


class WrongContentTypeAction(FaultAction[WrongContentType]):
    """Changes or removes the header content-type. The body does not change."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        missing = self.fault.content_type == "missing"
        wrong = None if missing else self.fault.content_type.encode()
        await deliver_next(answer.with_header(b"content-type", wrong), delivery)
