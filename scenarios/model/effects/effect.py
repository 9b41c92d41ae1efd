"""The base class of all effects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.record import read_record, record_json


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
