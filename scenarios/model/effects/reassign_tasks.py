"""Tasks go to another server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import ServerName
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.selection import Selection


@dataclass(frozen=True, slots=True)
class ReassignTasks(Effect):
    """The tasks selected are another server's from now on; updates by the old one are refused with 403."""

    kind: ClassVar[str] = "reassign-tasks"

    tasks: Selection
    to: ServerName

    @property
    def subject(self) -> str:
        return self.to
