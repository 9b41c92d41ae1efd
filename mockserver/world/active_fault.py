"""A fault that was added to a world, with the progress of its schedule."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.scenarios.faults.planned_fault import PlannedFault

_MAX_REMEMBERED = 100


@dataclass(slots=True)
class ActiveFault:
    """A fault of a world.

    planned: the fault and its schedule.
    since: when the fault was added, in seconds since 1970.
    calls: how many requests matched the fault's operation since then.
    times_applied: how many of these requests the fault was applied to.
    remembered: values that the fault keeps for later requests.
    """

    planned: PlannedFault
    since: float
    calls: int = 0
    times_applied: int = 0
    remembered: deque[Any] = field(default_factory=lambda: deque(maxlen=_MAX_REMEMBERED))

    def applies_now(self, operation: str | None, *, at: float, random: SeededRandom) -> bool:
        """Counts one request and returns whether the fault applies to it.

        operation: the operation of the request; None if the request matches no operation.
        at: the time of the request, in seconds since 1970.
        """
        if not self.planned.counts(operation):
            return False
        self.calls += 1
        schedule = self.planned.schedule
        due = schedule.allows(self.calls, elapsed=at - self.since) and self.times_applied != schedule.times
        applies = due and (schedule.probability == 1 or random.random() < schedule.probability)
        self.times_applied += applies
        return applies

    def as_json(self) -> dict[str, Any]:
        """The fault as the control plane shows it: its description and its two counters."""
        return {**self.planned.as_json(), "seen": self.calls, "struck": self.times_applied}
