"""The base class of all fault actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults.fault import Fault

F = TypeVar("F", bound=Fault)
Deliver = Callable[[Answer, Delivery], Awaitable[None]]


class FaultAction(Generic[F]):
    """Applies one fault to one request. An action is created for each request, before the request is handled.

    Its methods are called in this order: `before_handling`, `wrap_handler`, `deliver`. An action chooses all
    of its random values when it is created.

    always_applies: if True, the fault counts as applied to each request. If False, it counts only after the
        action has called `record`.
    fault: the fault.
    active: the fault in the world, with its schedule and counters.
    journal_text: the text for the journal; empty while the fault is not applied.
    """

    always_applies: ClassVar[bool] = True

    def __init__(self, fault: F, active: ActiveFault, world: World) -> None:
        self.fault = fault
        self.active = active
        self.world = world
        self.journal_text = ""
        if self.always_applies:
            self.record()

    def record(self, detail: str = "") -> None:
        """Writes to the journal that the fault was applied, with an optional detail."""
        self.journal_text = f"fault {self.fault.kind}" + (f": {detail}" if detail else "")

    def before_handling(self) -> None:
        """Raises a RefusalError if the fault refuses the request. Then the world does not change."""

    def wrap_handler(self, handler: Handler) -> Handler:
        """The handler to call instead of the operation's handler. It may call the operation's handler."""
        return handler

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        """Delivers an answer.

        deliver_next: delivers the answer without this fault.
        """
        await deliver_next(answer, delivery)
