"""New tasks come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.task_group import TaskGroup, task_group


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
