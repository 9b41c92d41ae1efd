"""Sends random bytes."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deed, Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Line
from workerkit.mockserver.world.active_fault import StandingFault
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults import Garbage


class GarbageDeed(Deed[Garbage]):
    """They begin with one that no answer begins with."""

    def __init__(self, fault: Garbage, standing: StandingFault, world: World) -> None:
        super().__init__(fault, standing, world)
        self._bytes = (b"\0" + world.mischief.randbytes(fault.length))[: fault.length]

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        line.raw(self._bytes)
        await line.wire.close()
