"""Tasks change without their worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import TaskFields
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.selection import Selection


@dataclass(frozen=True, slots=True)
class ChangeTasks(Effect):
    """The tasks selected get these fields, whatever the status flow says."""

    kind: ClassVar[str] = "change-tasks"

    tasks: Selection
    set: TaskFields

    @property
    def subject(self) -> str:
        return ", ".join(self.set)
