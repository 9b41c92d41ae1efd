"""What every effect has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.record import record, written
from workerkit.scenarios.fields.words import Words


class Effect(ABC):
    """One thing that happens to the world. Each effect is a frozen dataclass; its fields are its YAML keys.

    `kind` is its name in a scenario file and the kind of the event that tells of it.
    """

    __slots__ = ()

    kind: ClassVar[str]

    @property
    @abstractmethod
    def subject(self) -> str:
        """The name of the one that it happens to."""

    @classmethod
    def read(cls, node: Node, words: Words) -> Self:
        """The effect that a scenario file describes; raises NotUnderstood."""
        return record(node, cls, words)

    def written(self) -> dict[str, Any]:
        """The effect as JSON, in the form in which it is read; what has its default is left out."""
        return written(self)
