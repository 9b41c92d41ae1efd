"""Effects on tasks: added, changed, canceled, moved to another server, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.kinds import ServerName, TaskFields
from workerkit.scenarios.fields.record import record, written
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import TaskGroup, task_group


@dataclass(frozen=True, slots=True)
class OnTasks(Effect):
    """An effect whose details in a scenario file are a selection of tasks itself: `cancel-tasks: this`."""

    tasks: Selection

    @property
    def subject(self) -> str:
        return self.tasks.group or self.tasks.which

    @classmethod
    def read(cls, node: Node, words: Words) -> Self:
        return cls(record(node, Selection, words))

    def written(self) -> dict[str, Any]:
        return written(self.tasks)


@dataclass(frozen=True, slots=True)
class AddTasks(Effect):
    """So many tasks alike are added to the world, created at this moment; written as those of the world."""

    kind: ClassVar[str] = "add-tasks"

    tasks: TaskGroup

    @property
    def subject(self) -> str:
        return self.tasks.server

    @classmethod
    def read(cls, node: Node, words: Words) -> Self:
        return cls(task_group(node, words))

    def written(self) -> dict[str, Any]:
        return self.tasks.written()


@dataclass(frozen=True, slots=True)
class ChangeTasks(Effect):
    """The tasks selected get these fields, whatever the status flow says."""

    kind: ClassVar[str] = "change-tasks"

    tasks: Selection
    set: TaskFields

    @property
    def subject(self) -> str:
        return ", ".join(self.set)


CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CancelTasks(OnTasks):
    """The tasks selected are canceled, also those that their worker is busy with."""

    kind: ClassVar[str] = "cancel-tasks"


@dataclass(frozen=True, slots=True)
class ReassignTasks(Effect):
    """The tasks selected are another server's from now on; updates by the old one are refused with 403."""

    kind: ClassVar[str] = "reassign-tasks"

    tasks: Selection
    to: ServerName

    @property
    def subject(self) -> str:
        return self.to


@dataclass(frozen=True, slots=True)
class RemoveTasks(OnTasks):
    """The tasks selected are no longer in the world: whoever speaks of one gets 404."""

    kind: ClassVar[str] = "remove-tasks"
