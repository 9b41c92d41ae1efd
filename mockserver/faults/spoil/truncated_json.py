"""The fault `truncated-json`: cuts off the end of the JSON."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import first_part
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.spoil.truncated_json import TruncatedJson


class TruncatedJsonAction(FaultAction[TruncatedJson]):
    """Sends the first part of the body. The content-length is the length of this part."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        body = first_part(answer.body, self.fault.share)
        await deliver_next(answer.with_header(b"content-length", b"%d" % len(body), body=body), delivery)
