"""Sends the body in pieces."""

from __future__ import annotations

from math import ceil

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import send_slowly
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import Dribble


class DribbleAction(FaultAction[Dribble]):
    """The first piece comes at once, the last one at the end of the time."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        size = max(1, ceil(len(answer.body) / self.fault.pieces))
        seconds = self.fault.over / max(1, self.fault.pieces - 1)
        await send_slowly(answer, delivery, size=size, seconds=seconds, at_once=True)
