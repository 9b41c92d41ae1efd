"""A fault together with its schedule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.record import read_record, record_json, record_keys
from workerkit.scenarios.fields.yaml_checks import read_mapping, read_word

FAULT_KEY = "fault"


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault with its schedule. Raises ValueError if the fault cannot affect the schedule's operation."""

    fault: Fault
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        possible = self.fault.operations
        if possible and self.schedule.operation not in (ANY, *possible):
            problem = f"{self.fault.kind} cannot affect {self.schedule.operation}"
            raise ValueError(f"{problem}: leave the operation out, or write {' or '.join(possible)}")

    def counts(self, operation: str | None) -> bool:
        """Whether a request is counted. `operation` is None if the request belongs to no operation."""
        possible = self.fault.operations
        return (not possible or operation in possible) and self.schedule.counts(operation)

    def as_json(self) -> dict[str, Any]:
        """The fault as JSON that `read_planned_fault` reads. Fields that have their default are left out."""
        return {FAULT_KEY: self.fault.kind, **record_json(self.fault), **record_json(self.schedule)}


def read_planned_fault(node: Node, words: AllowedWords) -> PlannedFault:
    """Reads `{fault: KIND, ...}` with parameters of the fault and fields of its schedule, or KIND alone.

    Raises InvalidInputError for an unknown name, and for values that contradict each other.
    """
    if not isinstance(node.value, dict):
        node = replace(node, value={FAULT_KEY: node}, keys={})
    if FAULT_KEY not in node.value:
        raise node.fail(f'"{FAULT_KEY}" is missing: write the name of the fault')
    shape = FAULTS[read_word(node.value[FAULT_KEY], FAULTS, "fault")]
    read_mapping(node, (FAULT_KEY, *record_keys(shape), *record_keys(Schedule)))
    fault, schedule = (read_record(_part(node, part), part, words) for part in (shape, Schedule))
    assert isinstance(fault, Fault)
    assert isinstance(schedule, Schedule)
    try:
        return PlannedFault(fault, schedule)
    except ValueError as error:
        raise node.fail(str(error)) from None


def _part(node: Node, shape: type[Any]) -> Node:
    """The members of a mapping that are fields of a record."""
    own = [key for key in record_keys(shape) if key in node.value]
    values, names = ({key: members[key] for key in own} for members in (node.value, node.keys))
    return replace(node, value=values, keys=names)
