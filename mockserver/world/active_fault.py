"""A fault that stands in a world, and how far its schedule has come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from workerkit.mockserver.world.randomness import Chance
from workerkit.scenarios.faults.planned_fault import PlannedFault

_MOST_REMEMBERED = 100


@dataclass(slots=True)
class ActiveFault:
    """A fault since it was added, in seconds since 1970: the `calls` it saw, the `strikes` among them.

    `remembered` is what the fault itself has to keep from one call for a later one.
    """

    planned: PlannedFault
    since: float
    calls: int = 0
    strikes: int = 0
    remembered: deque[Any] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))

    def applies_now(self, operation: str | None, *, at: float, chance: Chance) -> bool:
        """Counts a call of an operation (None: of no operation) and says whether the fault strikes it."""
        if not self.planned.concerns(operation):
            return False
        self.calls += 1
        schedule = self.planned.schedule
        due = schedule.covers(self.calls, elapsed=at - self.since) and self.strikes != schedule.times
        struck = due and (schedule.probability == 1 or chance.random() < schedule.probability)
        self.strikes += struck
        return struck

    def as_json(self) -> dict[str, Any]:
        """The fault as the control plane shows it: as it was asked for, and what it did so far."""
        return {**self.planned.written(), "seen": self.calls, "struck": self.strikes}
