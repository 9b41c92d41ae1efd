"""Effects that add faults and remove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.faults.planned_fault import FAULT_KEY, PlannedFault, read_planned_fault
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class AddFault(Effect):
    """From now on the world has this fault. Its schedule says which requests it affects."""

    kind: ClassVar[str] = "add-fault"

    planned: PlannedFault

    @property
    def subject(self) -> str:
        return self.planned.fault.kind

    @classmethod
    def from_yaml(cls, node: Node, words: AllowedWords) -> AddFault:
        return cls(read_planned_fault(node, words))

    def as_json(self) -> dict[str, Any]:
        return self.planned.as_json()

    def _short_key(self) -> str:
        return FAULT_KEY


@dataclass(frozen=True, slots=True)
class ClearFaults(Effect):
    """All faults of the world are removed. This does not shorten a delay that has already begun."""

    kind: ClassVar[str] = "clear-faults"

    @property
    def subject(self) -> str:
        return "all"
