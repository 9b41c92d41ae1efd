"""The words that a scenario file may use for each kind of value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import jsonschema_rs

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.yaml_checks import read_word


@dataclass(frozen=True, slots=True)
class AllowedWords:
    """The words that the reader of a scenario file accepts.

    by_kind: for each kind of value, the words that a value of this kind may be.
    task_fields: for each field of a task, the validator of its values.
    """

    by_kind: Mapping[ValueKind, tuple[str, ...]]
    task_fields: Mapping[str, jsonschema_rs.Validator] = field(default_factory=dict)

    def choose(self, node: Node, kind: ValueKind) -> str:
        """Returns the word at `node`. Raises InvalidInputError if the kind does not have this word."""
        return read_word(node, self.by_kind[kind], kind.value)

    def check_task_field(self, name: str, node: Node) -> None:
        """Raises InvalidInputError if the task field `name` cannot have the value at `node`.

        `name` has to be a field of a task.
        """
        if name == "status":
            self.choose(node, ValueKind.TASK_STATUS)
        validator, value = self.task_fields[name], node.plain()
        if not validator.is_valid(value):
            raise node.fail(f"{name}: {first_flaw(validator, value, name).message}")

    def with_words(self, kind: ValueKind, words: Iterable[str]) -> AllowedWords:
        """Returns a copy that accepts exactly these words for this kind of value."""
        return replace(self, by_kind={**self.by_kind, kind: tuple(words)})
