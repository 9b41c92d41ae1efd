"""Time passes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields import duration
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class AdvanceClock(Effect):
    """The world's clock goes forward by so much; what waits for that time happens with it."""

    kind: ClassVar[str] = "advance-clock"

    by: Seconds

    @property
    def subject(self) -> str:
        return duration.written(self.by)
