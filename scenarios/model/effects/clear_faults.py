"""Nothing goes wrong any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class ClearFaults(Effect):
    """All faults of the world are taken away; answers that one of them holds up already stay so."""

    kind: ClassVar[str] = "clear-faults"

    @property
    def subject(self) -> str:
        return "all"
