"""The list of faults, and faults in scenario files."""

from __future__ import annotations

import dataclasses
import json
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios import faults
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.listed_twice import ListedTwice
from workerkit.scenarios.faults.planned_fault import PlannedFault, read_planned_fault
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.faults.refuse.key_refused import KeyRefused
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.faults.slow.latency_fixed import LatencyFixed
from workerkit.scenarios.faults.slow.latency_uniform import LatencyUniform
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, ValueKind
from workerkit.scenarios.fields.record import field_kinds, record_keys
from workerkit.scenarios.fields.vocabulary import api_vocabulary
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects.faults import AddFault, ClearFaults
from workerkit.scenarios.model.scenario import Scenario

SERVERS = ("server-01", "server-02")
WORDS = api_vocabulary().allowed_words(SERVERS)
SCENARIO = """\
title: A title
about: A paragraph.
world: {servers: [server-01, server-02]}
when:
  - call: 2
    do:
      - add-fault: {fault: status, status: 503, retry_after: 1, operation: updateTask, calls: 2..3}
      - add-fault: hang
  - after: 1s
    do:
      - clear-faults
"""


def scenario_of(old: str = "", new: str = "") -> Scenario:
    assert old in SCENARIO
    return parse(SCENARIO.replace(old, new, 1).encode(), name="faults.yaml")


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a file may give a field of this kind."""
    match kind:
        case ValueKind.SECONDS:
            return st.integers(0, 10_000).map(lambda number: f"{number / 1000}s")
        case ValueKind.CALLS:
            return st.sampled_from(["4", "3..7", "3..", "..7"])
        case ValueKind.ERROR_STATUS:
            return st.sampled_from([400, 404, 429, 500, 503])
        case ValueKind():
            return st.sampled_from(WORDS.by_kind[kind])
        case OneOf(words):
            return st.sampled_from(words)
        case Between(minimum, maximum):
            return st.floats(minimum, maximum)
        case AtLeast(minimum):
            return st.integers(minimum, 1000)
    raise AssertionError(kind)


@st.composite
def descriptions(draw: st.DrawFn) -> dict[str, Any]:
    """A fault with some of its parameters and some fields of a schedule, as a file writes it."""
    fault = draw(st.sampled_from(sorted(FAULTS)))
    shape: Any = FAULTS[fault]
    fields = [*dataclasses.fields(shape), *dataclasses.fields(Schedule)]
    kinds = {**field_kinds(shape), **field_kinds(Schedule)}
    required = [field.name for field in fields if field.default is dataclasses.MISSING]
    names = {*draw(st.sets(st.sampled_from([field.name for field in fields]))), *required}
    described = {name.removesuffix("_"): draw(values(kinds[name])) for name in sorted(names)}
    return {"fault": fault, **described}


def read(description: dict[str, Any]) -> PlannedFault:
    return read_planned_fault(yaml_nodes.load(json.dumps(description), name="x.yaml"), WORDS)


def is_contradictory(description: dict[str, Any]) -> bool:
    possible = FAULTS[description["fault"]].operations
    cannot = possible and description.get("operation", "any") not in ("any", *possible)
    reversed_ = float(description.get("least", "0s")[:-1]) > float(description.get("most", "9999s")[:-1])
    return bool(cannot or {"calls", "nth"} <= set(description) or reversed_)


# The list of faults


def test_every_file_has_the_fault_of_its_name_and_the_list_has_it() -> None:
    prefix = f"{faults.__name__}."
    families = [module.name for module in iter_modules(faults.__path__, prefix) if module.ispkg]
    names = [
        module.name
        for family in families
        for module in iter_modules(import_module(family).__path__, f"{family}.")
    ]
    kinds = {name.rpartition(".")[2].replace("_", "-"): name for name in names}
    assert kinds == {kind: fault.__module__ for kind, fault in FAULTS.items()}


def test_there_are_more_than_twenty_kinds() -> None:
    assert len(FAULTS) == 25


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_frozen_and_has_a_docstring(shape: type[Fault]) -> None:
    assert vars(shape)["__dataclass_params__"].frozen
    assert shape.__doc__
    assert not shape.__doc__.startswith(shape.__name__)


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_no_parameter_has_the_name_of_a_schedule_key(shape: type[Fault]) -> None:
    assert not {*record_keys(shape), "fault"} & set(record_keys(Schedule))


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_a_fault_affects_only_operations_of_the_api(shape: type[Fault]) -> None:
    assert set(shape.operations) <= set(api_vocabulary().operations)


# Files


def test_a_scenario_can_add_and_clear_faults() -> None:
    first, then = scenario_of().when
    refused = PlannedFault(Status(503, 1), Schedule(operation="updateTask", calls=Calls(2, 3)))
    assert first.effects == (AddFault(refused), AddFault(PlannedFault(Hang())))
    assert then.effects == (ClearFaults(),)
    assert [effect.subject for effect in (*first.effects, *then.effects)] == ["status", "hang", "all"]


@settings(max_examples=300, deadline=None)
@given(description=descriptions())
def test_a_fault_as_json_is_read_as_the_same_fault(description: dict[str, Any]) -> None:
    if is_contradictory(description):
        with pytest.raises(InvalidInputError, match=r"keep one|cannot affect|least is more"):
            read(description)
    else:
        assert read(read(description).as_json()) == read(description)


def test_fields_with_their_default_are_not_in_the_json() -> None:
    assert PlannedFault(Status()).as_json() == {"fault": "status"}
    planned = PlannedFault(LatencyFixed(0.25), Schedule(for_=90.0, calls=Calls(3)))
    assert planned.as_json() == {"fault": "latency-fixed", "seconds": "0.25s", "calls": "3..", "for": "90s"}


MISTAKES = [
    ("fault: status", "fault: statis", "7:28", 'unknown fault "statis" (did you mean "status"?)'),
    ("fault: status, ", "", "7:20", '"fault" is missing'),
    ("add-fault: hang", "add-fault: hangs", "8:20", 'unknown fault "hangs" (did you mean "hang"?)'),
    ("add-fault: hang", "add-faults: hang", "8:9", '(did you mean "add-fault"?)'),
    ("add-fault: hang", "add-fault: latency-fixed", "8:20", '"seconds" is missing'),
    ("add-fault: hang", "add-fault: [hang]", "8:20", 'unknown fault "a list"'),
    ("status: 503", "statsu: 503", "7:36", 'unknown key "statsu" (did you mean "status"?)'),
    ("status: 503", "status: 200", "7:44", "200 is not an error status"),
    ("status: 503", "status: 499", "7:44", "499 is not an error status"),
    ("retry_after: 1", "retry_after: soon", "7:62", "a whole number is expected here"),
    ("retry_after: 1", "retry_after: -1", "7:62", "-1 is too small"),
    ("retry_after: 1", "share: 1", "7:49", 'unknown key "share"'),
    ("updateTask", "updateTasks", "7:76", '(did you mean "updateTask"?)'),
    ("calls: 2..3", "call: 2..3", "7:88", '(did you mean "calls"?)'),
    ("calls: 2..3", "calls: 3..2", "7:95", "has no call in it"),
    ("calls: 2..3", "nth: 0", "7:93", "0 is too small"),
    ("calls: 2..3", "probability: 2", "7:101", "2 is not allowed: write a number from 0 to 1"),
    ("calls: 2..3", "probability: often", "7:101", "a number is expected here"),
    ("calls: 2..3", "after: 5", "7:95", "write a number and its unit"),
    ("calls: 2..3", "for: ever", "7:93", "is not a duration"),
    ("calls: 2..3", "calls: 2..3, nth: 2", "7:20", "calls and nth are both given"),
    ("add-fault: hang", "add-fault: {fault: listed-twice, operation: updateTask}", "8:20", "write listTasks"),
    ("add-fault: hang", "add-fault: {fault: hang, seconds: 1s}", "8:34", 'unknown key "seconds"'),
    (
        "add-fault: hang",
        "add-fault: {fault: handed-over, to: server-03}",
        "8:45",
        "unknown server of this world",
    ),
    ("add-fault: hang", "add-fault: {fault: handed-over, which: last}", "8:48", 'unknown word "last"'),
    (
        "add-fault: hang",
        "add-fault: {fault: garbage, length: 1048577}",
        "8:20",
        "length is more than 1048576",
    ),
    ("add-fault: hang", "add-fault: {fault: latency-uniform, least: 2s, most: 1s}", "8:20", "least is more"),
    (
        "add-fault: hang",
        'add-fault: {fault: wrong-content-type, content_type: "a\\r\\nb: c"}',
        "8:62",
        "unknown word",
    ),
    ("clear-faults", "clear-faults: all", "11:23", "a mapping is expected here, with nothing"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"), MISTAKES, ids=[mistake[1] or mistake[0] for mistake in MISTAKES]
)
def test_an_error_names_the_place_and_gives_a_hint(old: str, new: str, place: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        scenario_of(old, new)
    assert str(caught.value).startswith(f"faults.yaml:{place}: ")
    assert hint in str(caught.value)


def test_a_fault_counts_only_calls_that_it_can_affect() -> None:
    assert PlannedFault(KeyRefused()).counts(None)
    assert PlannedFault(ListedTwice()).counts("listTasks")
    assert not PlannedFault(ListedTwice()).counts("updateTask")
    assert not PlannedFault(Hang(), Schedule(operation="heartbeat")).counts("listTasks")


def test_contradictory_values_are_refused_without_a_file_too() -> None:
    with pytest.raises(ValueError, match="least is more than most"):
        LatencyUniform(2.0, 1.0)
    with pytest.raises(ValueError, match="cannot affect heartbeat"):
        PlannedFault(ListedTwice(), Schedule(operation="heartbeat"))
