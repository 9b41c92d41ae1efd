"""The fault `bandwidth`: sends the body at a limited rate."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import send_slowly
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.slow.bandwidth import Bandwidth

_PIECES_PER_SECOND = 20


class BandwidthAction(FaultAction[Bandwidth]):
    """Sends about 20 pieces per second. At a very low rate, each piece is one byte."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        size = max(1, self.fault.rate // _PIECES_PER_SECOND)
        await send_slowly(answer, delivery, size=size, seconds=size / self.fault.rate, at_once=False)
