"""The fault `lost-answer`: handles the request but sends no answer."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer


class LostAnswerAction(FaultAction[LostAnswer]):
    """Hangs, resets or closes the connection after the world has changed."""

    def __init__(self, fault: LostAnswer, active: ActiveFault, world: World) -> None:
        super().__init__(fault, active, world)
        self.record(fault.by)

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        if self.fault.by == "hang":
            await delivery.connection.pause(None)
        if self.fault.by == "reset":
            await delivery.connection.reset()
        await delivery.connection.close()
