"""The faults that changed one exchange."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class AppliedFaults:
    """The faults that were applied to one exchange.

    number: the number of the exchange.
    faults: the faults, in the order in which they were added to the world.
    is_over: False while a fault still keeps the connection open.
    """

    number: int
    faults: tuple[Fault, ...]
    is_over: bool = True

    @property
    def is_unreadable(self) -> bool:
        """Whether the client got no answer, or an answer that it cannot read."""
        return any(fault.answer_unreadable for fault in self.faults)
