"""The faults that changed one exchange."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.unapplied import Unapplied


@dataclass(frozen=True, slots=True)
class AppliedFaults:
    """The faults that were applied to one exchange.

    number: the number of the exchange.
    faults: the faults, in the order in which they were added to the world.
    world_accepted: True if the world answered 2xx, before the faults changed the answer.
    is_over: False while a fault still keeps the connection open.
    """

    number: int
    faults: tuple[Fault, ...]
    world_accepted: bool = False
    is_over: bool = True

    @property
    def is_unreadable(self) -> bool:
        """Whether the client got no answer, or an answer that it cannot read."""
        return any(fault.answer_unreadable for fault in self.faults)

    @property
    def is_applied(self) -> bool:
        """Whether the world did what the request asked for. The answer may say something else."""
        return self.world_accepted and not any(isinstance(fault, Unapplied) for fault in self.faults)
