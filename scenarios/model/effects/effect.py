"""The base class of all effects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.record import has_short_form, read_record, record_json, record_keys


class Effect(ABC):
    """Something that happens to the world. Each effect is a frozen dataclass; its fields are its YAML keys.

    `kind` is the effect's name in scenario files. The event that reports the effect has the same kind.
    """

    __slots__ = ()

    kind: ClassVar[str]

    @property
    @abstractmethod
    def subject(self) -> str:
        """The name of the server, group or other thing that the effect changes."""

    @classmethod
    def from_yaml(cls, node: Node, words: AllowedWords) -> Self:
        """Reads the effect from a scenario file. Raises InvalidInputError."""
        return read_record(node, cls, words)

    def as_json(self) -> dict[str, Any]:
        """The effect as JSON that `from_yaml` reads. Fields that have their default are left out."""
        return record_json(self)

    def as_short_json(self) -> Any:
        """The effect as a file writes it: a mapping, or the value of its only field."""
        details, key = self.as_json(), self._short_key()
        return details[key] if tuple(details) == (key,) else details

    def _short_key(self) -> str:
        """The key whose value alone is enough in a file. Empty if there is no such key."""
        return record_keys(type(self))[0] if has_short_form(type(self)) else ""
