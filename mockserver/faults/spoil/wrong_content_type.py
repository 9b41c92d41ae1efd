"""Changes the content type."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import WrongContentType


class WrongContentTypeAction(FaultAction[WrongContentType]):
    """The body stays."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        missing = self.fault.content_type == "missing"
        wrong = None if missing else self.fault.content_type.encode()
        await onward(answer.with_header(b"content-type", wrong), delivery)
