"""Sends random bytes."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults import Garbage


class GarbageAction(FaultAction[Garbage]):
    """They begin with one that no answer begins with."""

    def __init__(self, fault: Garbage, active: ActiveFault, world: World) -> None:
        super().__init__(fault, active, world)
        self._bytes = (b"\0" + world.mischief.randbytes(fault.length))[: fault.length]

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        delivery.raw(self._bytes)
        await delivery.connection.close()
