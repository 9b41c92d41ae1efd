"""The base class of all faults that delay an answer."""

from __future__ import annotations

from abc import abstractmethod

from workerkit.mockserver.faults.fault_action import Deliver, F, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.world import World


class DelayAction(FaultAction[F]):
    """Waits before it delivers the answer.

    seconds: the delay in real seconds. It is chosen once for each request.
    """

    def __init__(self, fault: F, active: ActiveFault, world: World) -> None:
        super().__init__(fault, active, world)
        self.seconds = self.choose_delay(world.fault_random)
        self.record(f"{self.seconds:.3f} s")

    @abstractmethod
    def choose_delay(self, random: SeededRandom) -> float:
        """The delay of one answer in seconds."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        await delivery.connection.pause(self.seconds)
        await deliver_next(answer, delivery)
