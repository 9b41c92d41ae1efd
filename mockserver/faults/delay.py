"""What all latencies have in common."""

from __future__ import annotations

from abc import abstractmethod

from workerkit.mockserver.faults.fault_action import Deliver, F, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.world import World


class DelayAction(FaultAction[F]):
    """Delivers an answer later, by a time that is drawn once, in real seconds."""

    def __init__(self, fault: F, active: ActiveFault, world: World) -> None:
        super().__init__(fault, active, world)
        self.seconds = self.draw(world.mischief)
        self.record(f"{self.seconds:.3f} s")

    @abstractmethod
    def draw(self, chance: Chance) -> float:
        """The seconds of one delay."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        await delivery.connection.pause(self.seconds)
        await onward(answer, delivery)
