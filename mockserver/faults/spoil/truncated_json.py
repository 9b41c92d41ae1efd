"""Cuts the JSON off."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import cut
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import TruncatedJson


class TruncatedJsonAction(FaultAction[TruncatedJson]):
    """The length that the head announces is the cut one."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        body = cut(answer.body, self.fault.share)
        await onward(answer.with_header(b"content-length", b"%d" % len(body), body=body), delivery)
