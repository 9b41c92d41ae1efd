"""What faults there are, and how scenario files describe them."""

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
from workerkit.scenarios.faults import (
    FAULTS,
    Fault,
    Hang,
    KeyRefused,
    LatencyFixed,
    LatencyUniform,
    ListedTwice,
    Status,
)
from workerkit.scenarios.faults.planned_fault import PlannedFault, planned_fault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, ValueKind
from workerkit.scenarios.fields.record import keys, markers
from workerkit.scenarios.fields.vocabulary import documented
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects import AddFault, ClearFaults
from workerkit.scenarios.model.scenario import Scenario

SERVERS = ("server-01", "server-02")
WORDS = documented().words(SERVERS)
STORY = """\
title: A story
about: What happens.
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


def story(old: str = "", new: str = "") -> Scenario:
    assert old in STORY
    return parse(STORY.replace(old, new, 1).encode(), name="story.yaml")


def values(marker: Any) -> st.SearchStrategy[Any]:
    """What a field of a kind takes, as it stands in a file."""
    match marker:
        case ValueKind.SECONDS:
            return st.integers(0, 10_000).map(lambda number: f"{number / 1000}s")
        case ValueKind.CALLS:
            return st.sampled_from(["4", "3..7", "3..", "..7"])
        case ValueKind.ERROR_STATUS:
            return st.sampled_from([400, 404, 429, 500, 503])
        case ValueKind() as kind:
            return st.sampled_from(WORDS.of[kind])
        case OneOf(words):
            return st.sampled_from(words)
        case Between(least, most):
            return st.floats(least, most)
        case AtLeast(minimum):
            return st.integers(minimum, 1000)
    raise AssertionError(marker)


@st.composite
def descriptions(draw: st.DrawFn) -> dict[str, Any]:
    """A fault with any of its parameters and of its schedule, as it stands in a file."""
    kind = draw(st.sampled_from(sorted(FAULTS)))
    shape: Any = FAULTS[kind]
    fields = [*dataclasses.fields(shape), *dataclasses.fields(Schedule)]
    all_markers = {**markers(shape), **markers(Schedule)}
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    names = {*draw(st.sets(st.sampled_from([field.name for field in fields]))), *needed}
    described = {name.removesuffix("_"): draw(values(all_markers[name])) for name in sorted(names)}
    return {"fault": kind, **described}


def read(description: dict[str, Any]) -> PlannedFault:
    return planned_fault(yaml_nodes.load(json.dumps(description), name="x.yaml"), WORDS)


def is_at_odds(description: dict[str, Any]) -> bool:
    possible = FAULTS[description["fault"]].operations
    cannot = possible and description.get("operation", "any") not in ("any", *possible)
    reversed_ = float(description.get("least", "0s")[:-1]) > float(description.get("most", "9999s")[:-1])
    return bool(cannot or {"calls", "nth"} <= set(description) or reversed_)


# The register


def test_every_file_is_a_fault_of_its_name_in_the_register() -> None:
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
    assert len(FAULTS) == 24


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_frozen_and_says_what_it_does(shape: type[Fault]) -> None:
    assert vars(shape)["__dataclass_params__"].frozen
    assert shape.__doc__
    assert not shape.__doc__.startswith(shape.__name__)


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_no_parameter_has_the_name_of_a_part_of_the_schedule(shape: type[Fault]) -> None:
    assert not {*keys(shape), "fault"} & set(keys(Schedule))


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_a_fault_strikes_operations_that_there_are(shape: type[Fault]) -> None:
    assert set(shape.operations) <= set(documented().operations)


# Files


def test_a_story_can_add_and_clear_faults() -> None:
    first, then = story().when
    refused = PlannedFault(Status(503, 1), Schedule(operation="updateTask", calls=Calls(2, 3)))
    assert first.effects == (AddFault(refused), AddFault(PlannedFault(Hang())))
    assert then.effects == (ClearFaults(),)
    assert [effect.subject for effect in (*first.effects, *then.effects)] == ["status", "hang", "all"]


@settings(max_examples=300, deadline=None)
@given(description=descriptions())
def test_a_fault_is_read_as_it_is_written(description: dict[str, Any]) -> None:
    if is_at_odds(description):
        with pytest.raises(InvalidInputError, match=r"keep one|cannot strike|least is more"):
            read(description)
    else:
        assert read(read(description).written()) == read(description)


def test_what_has_its_default_is_not_written() -> None:
    assert PlannedFault(Status()).written() == {"fault": "status"}
    planned = PlannedFault(LatencyFixed(0.25), Schedule(for_=90.0, calls=Calls(3)))
    assert planned.written() == {"fault": "latency-fixed", "seconds": "0.25s", "calls": "3..", "for": "90s"}


MISTAKES = [
    ("fault: status", "fault: statis", "7:28", 'unknown fault "statis" (did you mean "status"?)'),
    ("fault: status, ", "", "7:20", '"fault" is missing'),
    ("add-fault: hang", "add-fault: hangs", "8:20", 'unknown fault "hangs" (did you mean "hang"?)'),
    ("add-fault: hang", "add-faults: hang", "8:9", '(did you mean "add-fault"?)'),
    ("add-fault: hang", "add-fault: latency-fixed", "8:20", '"seconds" is missing'),
    ("add-fault: hang", "add-fault: [hang]", "8:20", 'unknown fault "a list"'),
    ("status: 503", "statsu: 503", "7:36", 'unknown key "statsu" (did you mean "status"?)'),
    ("status: 503", "status: 200", "7:44", "200 is no error status"),
    ("status: 503", "status: 499", "7:44", "499 is no error status"),
    ("retry_after: 1", "retry_after: soon", "7:62", "a whole number is expected here"),
    ("retry_after: 1", "retry_after: -1", "7:62", "-1 is too small"),
    ("retry_after: 1", "share: 1", "7:49", 'unknown key "share"'),
    ("updateTask", "updateTasks", "7:76", '(did you mean "updateTask"?)'),
    ("calls: 2..3", "call: 2..3", "7:88", '(did you mean "calls"?)'),
    ("calls: 2..3", "calls: 3..2", "7:95", "has no call in it"),
    ("calls: 2..3", "nth: 0", "7:93", "0 is too small"),
    ("calls: 2..3", "probability: 2", "7:101", "2 is out of bounds: it lies between 0 and 1"),
    ("calls: 2..3", "probability: often", "7:101", "a number is expected here"),
    ("calls: 2..3", "after: 5", "7:95", "write a number and its unit"),
    ("calls: 2..3", "for: ever", "7:93", "is no length of time"),
    ("calls: 2..3", "calls: 2..3, nth: 2", "7:20", "calls and nth are both given"),
    ("add-fault: hang", "add-fault: {fault: listed-twice, operation: updateTask}", "8:20", "take listTasks"),
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
def test_a_mistake_is_told_with_its_place_and_a_hint(old: str, new: str, place: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        story(old, new)
    assert str(caught.value).startswith(f"story.yaml:{place}: ")
    assert hint in str(caught.value)


def test_a_fault_counts_only_calls_that_it_can_strike() -> None:
    assert PlannedFault(KeyRefused()).concerns(None)
    assert PlannedFault(ListedTwice()).concerns("listTasks")
    assert not PlannedFault(ListedTwice()).concerns("updateTask")
    assert not PlannedFault(Hang(), Schedule(operation="heartbeat")).concerns("listTasks")


def test_values_at_odds_are_refused_wherever_they_come_from() -> None:
    with pytest.raises(ValueError, match="least is more than most"):
        LatencyUniform(2.0, 1.0)
    with pytest.raises(ValueError, match="cannot strike heartbeat"):
        PlannedFault(ListedTwice(), Schedule(operation="heartbeat"))
