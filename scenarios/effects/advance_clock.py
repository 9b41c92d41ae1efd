"""Time passes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios import duration
from workerkit.scenarios.effects.effect import Effect
from workerkit.scenarios.kinds import Seconds


@dataclass(frozen=True, slots=True)
class AdvanceClock(Effect):
    """The world's clock goes forward by so much; what waits for that time happens with it."""

    kind: ClassVar[str] = "advance-clock"

    by: Seconds

    @property
    def subject(self) -> str:
        return duration.written(self.by)
