"""Effects that add, change, cancel, reassign or remove tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.kinds import ServerName, TaskFields
from workerkit.scenarios.fields.record import read_record, record_json, record_keys
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import TaskGroup, read_task_group


@dataclass(frozen=True, slots=True)
class OnTasks(Effect):
    """An effect that needs only a selection of tasks: `cancel-tasks: this`."""

    tasks: Selection

    @property
    def subject(self) -> str:
        return self.tasks.group or self.tasks.which

    @classmethod
    def from_yaml(cls, node: Node, words: AllowedWords) -> Self:
        return cls(read_record(node, Selection, words))

    def as_json(self) -> dict[str, Any]:
        return record_json(self.tasks)

    def _short_key(self) -> str:
        return record_keys(Selection)[0]


@dataclass(frozen=True, slots=True)
class AddTasks(Effect):
    """A group of new tasks is added to the world. It is written like the task groups in `world`."""

    kind: ClassVar[str] = "add-tasks"

    tasks: TaskGroup

    @property
    def subject(self) -> str:
        return self.tasks.server

    @classmethod
    def from_yaml(cls, node: Node, words: AllowedWords) -> Self:
        return cls(read_task_group(node, words))

    def as_json(self) -> dict[str, Any]:
        return self.tasks.as_json()


@dataclass(frozen=True, slots=True)
class ChangeTasks(Effect):
    """The selected tasks get these field values. The documented order of statuses is not checked."""

    kind: ClassVar[str] = "change-tasks"

    tasks: Selection
    set: TaskFields

    @property
    def subject(self) -> str:
        return ", ".join(self.set)


CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CancelTasks(OnTasks):
    """The selected tasks are canceled, also tasks that a worker is running."""

    kind: ClassVar[str] = "cancel-tasks"


@dataclass(frozen=True, slots=True)
class ReassignTasks(Effect):
    """The selected tasks move to the server `to`. Updates by their old server are refused with 403."""

    kind: ClassVar[str] = "reassign-tasks"

    tasks: Selection
    to: ServerName

    @property
    def subject(self) -> str:
        return self.to


@dataclass(frozen=True, slots=True)
class RemoveTasks(OnTasks):
    """The selected tasks are deleted. Every request that names a deleted task gets 404."""

    kind: ClassVar[str] = "remove-tasks"
