"""Effects that need to be told nothing but the tasks that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.record import record, written
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.selection import Selection


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
