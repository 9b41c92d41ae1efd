"""The schema for editors accepts every file that the loader accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from importlib import resources
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.record import field_kinds, record_json, required_keys
from workerkit.scenarios.fields.vocabulary import api_vocabulary
from workerkit.scenarios.library import library
from workerkit.scenarios.loading.editor_schema import SCHEMA_FILE, scenario_schema, schema_text
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects import EFFECTS
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.tasks import AddTasks, CancelTasks, RemoveTasks
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import TRIGGERS
from workerkit.scenarios.model.until import Until

Json = dict[str, Any]
WORDS: dict[ValueKind, tuple[Any, ...]] = {
    ValueKind.SECONDS: ("0s", "1.5s", "20ms"),
    ValueKind.TIME: ("2025-12-01T10:00:00Z",),
    ValueKind.CALLS: (4, "3..7", "2.."),
    ValueKind.OPERATION: ("any", "updateTask", "listTasks", "bulkUpdateTasks"),
    ValueKind.ASKED: ("completion", "requeue", "heartbeat", "first-page"),
    ValueKind.SERVER_STATUS: api_vocabulary().server_statuses,
    ValueKind.SERVER: ("one", "two"),
    ValueKind.REQUEST: ("Campaign A",),
    ValueKind.ACCOUNT: ("an123",),
    ValueKind.GROUP: ("few",),
    ValueKind.HAPPENING: ("begun",),
    ValueKind.TASK_STATUS: api_vocabulary().task_statuses,
    ValueKind.TASK_FIELDS: ({"status": "failed"}, {"retry_count": 2, "note": None}),
    ValueKind.ERROR_STATUS: (400, 503),
    ValueKind.STATUS: (200, 204, 418),
    ValueKind.HEADERS: ({}, {"X-A": "b c"}),
    ValueKind.QUERY: ({"page": 2}, {"status": "pending"}),
    ValueKind.JSON: ({"a": [1]}, [], 5),
}
JUNK: tuple[Any, ...] = (None, True, -1, 0, 1.5, "", "x", [], {}, ["x"], {"x": 1}, "9..1", "10", "any")


def copied_words(kind: ValueKind) -> st.SearchStrategy[Any]:
    """The words of a kind, as copies: a test may change them."""
    return st.sampled_from(WORDS[kind]).map(deepcopy)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a file may give a field of this kind."""
    if isinstance(kind, type):
        return descriptions(kind)
    match kind:
        case None:
            return st.sampled_from(["some text", "another"])
        case ValueKind():
            return copied_words(kind)
        case OneOrMore(word_kind):
            word = copied_words(word_kind)
            return word | st.lists(word, min_size=1, unique=True)
        case OneOf(words):
            return st.sampled_from(words)
        case Between(minimum, maximum):
            return st.floats(minimum, min(maximum, 1000))
        case AtLeast(minimum):
            return st.integers(minimum, 3)
    raise AssertionError(kind)


@st.composite
def descriptions(draw: st.DrawFn, shape: Any) -> Json:
    """A record with some of its fields, as a file writes it."""
    kinds = {name.removesuffix("_"): kind for name, kind in field_kinds(shape).items()}
    kinds.pop("fields", None)
    chosen = draw(st.sets(st.sampled_from(sorted(kinds)))) if kinds else set()
    return {name: draw(values(kinds[name])) for name in sorted({*chosen, *required_keys(shape)} & {*kinds})}


@st.composite
def effects(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(sorted(EFFECTS)))
    shape: Any = {AddTasks: TaskGroup, CancelTasks: Selection, RemoveTasks: Selection}.get(
        EFFECTS[kind], EFFECTS[kind]
    )
    if EFFECTS[kind] is AddFault:
        fault = draw(st.sampled_from(sorted(FAULTS)))
        return {kind: {"fault": fault, **draw(descriptions(FAULTS[fault])), **draw(descriptions(Schedule))}}
    return {kind: draw(descriptions(shape))}


@st.composite
def scenarios(draw: st.DrawFn) -> Json:
    """A scenario as a file writes it. Parts of it may contradict each other."""
    trigger = draw(st.sampled_from(sorted(TRIGGERS)))
    happening = {trigger: draw(descriptions(TRIGGERS[trigger])), "do": draw(st.lists(effects(), min_size=1))}
    begun = {"name": "begun", "call": 1, "do": ["clear-faults"]}
    tasks = [{"count": 3, "server": "one", "group": "few"}]
    world = {"servers": ["one", "two"], "tasks": tasks, "dialect": {"last-cursor": None}}
    end = draw(descriptions(Until))
    return {"title": "t", "about": "a", "world": world, "when": [begun, happening], "until": end}


def parsed(scenario_json: Any) -> Scenario | None:
    """The scenario, or None if the loader refuses it."""
    try:
        return parse(json.dumps(scenario_json).encode(), name="x.yaml")
    except InvalidInputError:
        return None


def places(value: Any) -> list[tuple[Any, Any]]:
    """All containers in a JSON value, with all their keys."""
    if not isinstance(value, dict | list):
        return []
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [
        *((value, key) for key, _ in inside),
        *(place for _, member in inside for place in places(member)),
    ]


VALIDATOR = jsonschema_rs.Draft7Validator(scenario_schema(), validate_formats=True)


@settings(max_examples=100, deadline=None)
@given(scenario_json=scenarios())
def test_generated_scenarios_are_valid_and_read_back_from_json(scenario_json: Json) -> None:
    assert VALIDATOR.is_valid(scenario_json)
    scenario = parsed(scenario_json)
    if scenario is not None:
        first, second = scenario_json["when"]
        effects_json = [{effect.kind: effect.as_json()} for effect in scenario.when[1].effects]
        again = {**scenario_json, "until": record_json(scenario.until)}
        again["when"] = [first, {**second, "do": effects_json}]
        assert parsed(again) == scenario


@settings(max_examples=100, deadline=None)
@given(scenario_json=scenarios(), data=st.data())
def test_the_loader_refuses_what_the_schema_refuses(scenario_json: Json, data: st.DataObject) -> None:
    container, key = data.draw(st.sampled_from(places(scenario_json)))
    damage = data.draw(st.sampled_from(["remove", "rename", "replace"]))
    old = container[key]
    if damage == "replace" or isinstance(container, list):
        container[key] = data.draw(st.sampled_from(JUNK))
    else:
        del container[key]
        if damage == "rename":
            container[f"{key}x"] = old
    assert VALIDATOR.is_valid(scenario_json) or parsed(scenario_json) is None


def test_the_schema_file_is_up_to_date() -> None:
    text = resources.files("workerkit.scenarios").joinpath(SCHEMA_FILE).read_text("utf-8")
    assert text == schema_text(), "run: workerkit scenario schema > scenarios/scenario.schema.json"


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema_rs.meta.validate(scenario_schema())


def test_the_library_is_valid_by_the_schema(is_valid_by_schema: Callable[[str], bool]) -> None:
    folder = resources.files("workerkit.scenarios").joinpath("library")
    for name in library.names():
        assert is_valid_by_schema(folder.joinpath(f"{name}.yaml").read_text("utf-8")), name
