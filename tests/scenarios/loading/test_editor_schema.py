"""The schema for editors says what the loader does, as far as a schema can."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.record import markers, required, written
from workerkit.scenarios.fields.vocabulary import documented
from workerkit.scenarios.library import library
from workerkit.scenarios.loading.editor_schema import FILE, scenario_schema, schema_text
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects import EFFECTS, AddFault, AddTasks, CancelTasks, Effect, RemoveTasks
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
    ValueKind.SERVER_STATUS: documented().server_statuses,
    ValueKind.SERVER: ("one", "two"),
    ValueKind.REQUEST: ("Campaign A",),
    ValueKind.ACCOUNT: ("an123",),
    ValueKind.GROUP: ("few",),
    ValueKind.HAPPENING: ("begun",),
    ValueKind.TASK_STATUS: documented().task_statuses,
    ValueKind.TASK_FIELDS: ({"status": "failed"}, {"retry_count": 2, "note": None}),
    ValueKind.ERROR_STATUS: (400, 503),
    ValueKind.STATUS: (200, 204, 418),
    ValueKind.HEADERS: ({}, {"X-A": "b c"}),
    ValueKind.QUERY: ({"page": 2}, {"status": "pending"}),
    ValueKind.JSON: ({"a": [1]}, [], 5),
}
JUNK: tuple[Any, ...] = (None, True, -1, 0, 1.5, "", "x", [], {}, ["x"], {"x": 1}, "9..1", "10", "any")


def values(marker: Any) -> st.SearchStrategy[Any]:
    """What a field of a kind takes, as it stands in a file."""
    if isinstance(marker, type):
        return descriptions(marker)
    match marker:
        case None:
            return st.sampled_from(["some text", "another"])
        case ValueKind() as kind:
            return st.sampled_from(WORDS[kind])
        case OneOrMore(kind):
            word = st.sampled_from(WORDS[kind])
            return word | st.lists(word, min_size=1, unique=True)
        case OneOf(words):
            return st.sampled_from(words)
        case Between(least, most):
            return st.floats(least, min(most, 1000))
        case AtLeast(minimum):
            return st.integers(minimum, 3)
    raise AssertionError(marker)


@st.composite
def descriptions(draw: st.DrawFn, shape: Any) -> Json:
    """A record with any of its fields."""
    wanted = {name.removesuffix("_"): marker for name, marker in markers(shape).items()}
    wanted.pop("fields", None)
    given_ = draw(st.sets(st.sampled_from(sorted(wanted)))) if wanted else set()
    return {name: draw(values(wanted[name])) for name in sorted({*given_, *required(shape)} & {*wanted})}


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
def stories(draw: st.DrawFn) -> Json:
    """A scenario as it stands in a file, sound but for what may be at odds in it."""
    trigger = draw(st.sampled_from(sorted(TRIGGERS)))
    happening = {trigger: draw(descriptions(TRIGGERS[trigger])), "do": draw(st.lists(effects(), min_size=1))}
    begun = {"name": "begun", "call": 1, "do": ["clear-faults"]}
    tasks = [{"count": 3, "server": "one", "group": "few"}]
    world = {"servers": ["one", "two"], "tasks": tasks, "dialect": {"last-cursor": None}}
    end = draw(descriptions(Until))
    return {"title": "t", "about": "a", "world": world, "when": [begun, happening], "until": end}


def taken(story: Any) -> Scenario | None:
    """The scenario, or None where the loader does not take it."""
    try:
        return parse(json.dumps(story).encode(), name="x.yaml")
    except InvalidInputError:
        return None


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: the container and the key."""
    if not isinstance(value, dict | list):
        return []
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [*((value, key) for key, _ in inside), *(place for _, each in inside for place in places(each))]


SOUND = jsonschema_rs.Draft7Validator(scenario_schema(), validate_formats=True)


@settings(max_examples=100, deadline=None)
@given(story=stories())
def test_what_the_loader_takes_is_sound_by_the_schema_and_is_read_as_it_is_written(story: Json) -> None:
    assert SOUND.is_valid(story)
    scenario = taken(story)
    if scenario is not None:
        again = {**story, "until": written(scenario.until)}
        again["when"] = [
            story["when"][0],
            {**story["when"][1], "do": [_again(effect) for effect in scenario.when[1].effects]},
        ]
        assert taken(again) == scenario


def _again(effect: Effect) -> Json:
    return {effect.kind: effect.written()}


@settings(max_examples=100, deadline=None)
@given(story=stories(), data=st.data())
def test_what_the_schema_refuses_the_loader_refuses(story: Json, data: st.DataObject) -> None:
    container, key = data.draw(st.sampled_from(places(story)))
    spoil = data.draw(st.sampled_from(["remove", "rename", "replace"]))
    old = container[key]
    if spoil == "replace" or isinstance(container, list):
        container[key] = data.draw(st.sampled_from(JUNK))
    else:
        del container[key]
        if spoil == "rename":
            container[f"{key}x"] = old
    assert SOUND.is_valid(story) or taken(story) is None


def test_the_file_of_the_package_is_in_step() -> None:
    text = resources.files("workerkit.scenarios").joinpath(FILE).read_text("utf-8")
    assert text == schema_text(), "run: workerkit scenario schema > scenarios/scenario.schema.json"


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(scenario_schema())


def test_the_library_is_sound_by_the_schema(by_schema: Callable[[str], bool]) -> None:
    folder = resources.files("workerkit.scenarios").joinpath("library")
    for name in library.names():
        assert by_schema(folder.joinpath(f"{name}.yaml").read_text("utf-8")), name
