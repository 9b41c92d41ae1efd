"""Sends the body at a rate."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import send_slowly
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import Bandwidth

_PIECES_PER_SECOND = 20


class BandwidthAction(FaultAction[Bandwidth]):
    """Twenty pieces a second, or a byte at a time where the rate is lower than that."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        size = max(1, self.fault.rate // _PIECES_PER_SECOND)
        await send_slowly(answer, delivery, size=size, seconds=size / self.fault.rate, at_once=False)
