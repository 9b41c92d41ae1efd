"""An effect that moves the clock of the world forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class AdvanceClock(Effect):
    """The world's clock moves forward by the duration `by`. Happenings that become due take place at once."""

    kind: ClassVar[str] = "advance-clock"

    by: Seconds

    @property
    def subject(self) -> str:
        return duration_text(self.by)
