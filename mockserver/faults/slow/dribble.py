"""The fault `dribble`: sends the body in pieces over a given time."""

from __future__ import annotations

from math import ceil

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import send_slowly
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.slow.dribble import Dribble


class DribbleAction(FaultAction[Dribble]):
    """Sends the first piece at once and the last piece at the end of the time."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        size = max(1, ceil(len(answer.body) / self.fault.pieces))
        seconds = self.fault.over / max(1, self.fault.pieces - 1)
        await send_slowly(answer, delivery, size=size, seconds=seconds, at_once=True)
