"""A fault and when it strikes, as scenario files and calls of the control plane describe it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.faults import FAULTS, Fault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.record import keys, record, written
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.fields.yaml_checks import chosen, mapping

KIND = "fault"


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault with its schedule. Raises ValueError where the schedule names an operation it cannot strike."""

    fault: Fault
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        possible = self.fault.operations
        if possible and self.schedule.operation not in (ANY, *possible):
            at_odds = f"{self.fault.kind} cannot strike {self.schedule.operation}"
            raise ValueError(f"{at_odds}: leave the operation out, or take {' or '.join(possible)}")

    def concerns(self, operation: str | None) -> bool:
        """Whether calls of an operation (None: of no operation) count for it."""
        possible = self.fault.operations
        return (not possible or operation in possible) and self.schedule.concerns(operation)

    def written(self) -> dict[str, Any]:
        """The fault as JSON, in the form in which it is read; what has its default is left out."""
        return {KIND: self.fault.kind, **written(self.fault), **written(self.schedule)}


def planned_fault(node: Node, words: Words) -> PlannedFault:
    """The fault that `{fault: KIND, ...parameters, ...schedule}` describes, or KIND alone.

    Raises NotUnderstood for an unknown kind or parameter, with the closest, and for values at odds.
    """
    if not isinstance(node.value, dict):
        node = replace(node, value={KIND: node}, keys={})
    if KIND not in node.value:
        raise node.fail(f'"{KIND}" is missing: name its kind')
    shape = FAULTS[chosen(node.value[KIND], FAULTS, "fault")]
    mapping(node, (KIND, *keys(shape), *keys(Schedule)))
    fault, schedule = (record(_part(node, each), each, words) for each in (shape, Schedule))
    assert isinstance(fault, Fault)
    assert isinstance(schedule, Schedule)
    try:
        return PlannedFault(fault, schedule)
    except ValueError as error:
        raise node.fail(str(error)) from None


def _part(node: Node, shape: type[Any]) -> Node:
    """Those members of a mapping that are fields of a record."""
    own = [key for key in keys(shape) if key in node.value]
    values, names = ({key: each[key] for key in own} for each in (node.value, node.keys))
    return replace(node, value=values, keys=names)
