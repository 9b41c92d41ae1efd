"""Tasks are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from workerkit.openapi.yamlsource import Node
from workerkit.scenarios.effects.effect import Effect
from workerkit.scenarios.record import record, written
from workerkit.scenarios.selection import Selection
from workerkit.scenarios.words import Words


@dataclass(frozen=True, slots=True)
class RemoveTasks(Effect):
    """The tasks selected are no longer in the world: whoever speaks of one gets 404."""

    kind: ClassVar[str] = "remove-tasks"

    tasks: Selection

    @property
    def subject(self) -> str:
        return self.tasks.group or self.tasks.which

    @classmethod
    def read(cls, node: Node, words: Words) -> Self:
        return cls(record(node, Selection, words))

    def written(self) -> dict[str, Any]:
        return written(self.tasks)
