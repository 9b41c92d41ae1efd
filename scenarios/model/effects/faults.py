"""Effects that add faults and remove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.faults.planned_fault import PlannedFault, planned_fault
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class AddFault(Effect):
    """From now on a fault stands in the world and strikes when its schedule says."""

    kind: ClassVar[str] = "add-fault"

    planned: PlannedFault

    @property
    def subject(self) -> str:
        return self.planned.fault.kind

    @classmethod
    def read(cls, node: Node, words: Words) -> AddFault:
        return cls(planned_fault(node, words))

    def written(self) -> dict[str, Any]:
        return self.planned.written()


@dataclass(frozen=True, slots=True)
class ClearFaults(Effect):
    """All faults of the world are taken away; answers that one of them holds up already stay so."""

    kind: ClassVar[str] = "clear-faults"

    @property
    def subject(self) -> str:
        return "all"
