"""Tasks are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.effects.on_tasks import OnTasks


@dataclass(frozen=True, slots=True)
class RemoveTasks(OnTasks):
    """The tasks selected are no longer in the world: whoever speaks of one gets 404."""

    kind: ClassVar[str] = "remove-tasks"
