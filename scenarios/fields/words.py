"""The words that a scenario file may use, of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import jsonschema_rs

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.yaml_checks import chosen


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a kind of value is chosen from, and what the fields of a task take."""

    of: Mapping[ValueKind, tuple[str, ...]]
    task_fields: Mapping[str, jsonschema_rs.Validator] = field(default_factory=dict)

    def choose(self, node: Node, kind: ValueKind) -> str:
        """The word, which has to be one of its kind; raises NotUnderstood."""
        return chosen(node, self.of[kind], kind.value)

    def check_task_field(self, name: str, node: Node) -> None:
        """Raises NotUnderstood where a field of a task, which it has to be, does not take this value."""
        if name == "status":
            self.choose(node, ValueKind.TASK_STATUS)
        validator, value = self.task_fields[name], node.plain()
        if not validator.is_valid(value):
            raise node.fail(f"{name}: {first_flaw(validator, value, name).message}")

    def and_of(self, kind: ValueKind, words: Iterable[str]) -> Words:
        """The same words, and these of a kind."""
        return replace(self, of={**self.of, kind: tuple(words)})
