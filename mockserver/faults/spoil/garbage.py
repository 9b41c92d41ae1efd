"""The fault `garbage`: sends random bytes instead of an answer."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults.spoil.garbage import Garbage


class GarbageAction(FaultAction[Garbage]):
    """Sends random bytes. The first byte is 0, so that the bytes cannot be valid HTTP."""

    def __init__(self, fault: Garbage, active: ActiveFault, world: World) -> None:
        super().__init__(fault, active, world)
        self._bytes = (b"\0" + world.fault_random.randbytes(fault.length))[: fault.length]

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        delivery.send_raw(self._bytes)
        await delivery.connection.close()
