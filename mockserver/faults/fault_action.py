"""What every way of doing a fault has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults import Fault

F = TypeVar("F", bound=Fault)
Deliver = Callable[[Answer, Delivery], Awaitable[None]]


class FaultAction(Generic[F]):
    """A fault that strikes one request; it is made for that request, before anything of it is done.

    It gets at three moments, in this order: before the world is touched, around the act, and when the answer
    is delivered. All random values are drawn when it is made. `journal_text` is its text in the journal.
    Where `certain` is False it has to tell that it was done; if it does not, the strike does not count.
    """

    certain: ClassVar[bool] = True

    def __init__(self, fault: F, active: ActiveFault, world: World) -> None:
        self.fault = fault
        self.active = active
        self.world = world
        self.journal_text = ""
        if self.certain:
            self.record()

    def record(self, detail: str = "") -> None:
        """Says in the journal that the fault was done, and how."""
        self.journal_text = f"fault {self.fault.kind}" + (f": {detail}" if detail else "")

    def before(self) -> None:
        """Raises a Refusal where the request is to be answered by it, and nothing to be applied."""

    def wrapped(self, handler: Handler) -> Handler:
        """What is done to the world and answered in place of an act."""
        return handler

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        """Delivers an answer; `onward` is how it would be delivered without this fault."""
        await onward(answer, delivery)
