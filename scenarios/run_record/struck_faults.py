"""What faults did to one exchange."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.faults import Fault, Unapplied


@dataclass(frozen=True, slots=True)
class AppliedFaults:
    """The faults that struck the exchange of a number, the outermost first.

    `world_accepted` says whether the world itself had answered 2xx before they spoilt it; `over` is False
    while one of them still holds the connection.
    """

    number: int
    faults: tuple[Fault, ...]
    world_accepted: bool = False
    over: bool = True

    @property
    def garbled(self) -> bool:
        """Whether the client got no answer, or one that cannot be read."""
        return any(fault.garbles for fault in self.faults)

    @property
    def applied(self) -> bool:
        """Whether the request was applied, whatever the client was told."""
        return self.world_accepted and not any(isinstance(fault, Unapplied) for fault in self.faults)
