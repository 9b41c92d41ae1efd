"""Tasks are canceled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.effects.on_tasks import OnTasks

CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CancelTasks(OnTasks):
    """The tasks selected are canceled, also those that their worker is busy with."""

    kind: ClassVar[str] = "cancel-tasks"
