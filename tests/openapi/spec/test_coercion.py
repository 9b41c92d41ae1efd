from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.coercion import Coercion, compile_coercion
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.document import Document
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
Prepare = Callable[[Json, Any], Any]
SCHEMAS: Json = {
    "Level": {"type": "string", "x-case": "any"},
    "Entry": {"properties": {"level": {"$ref": "#/components/schemas/Level"}, "message": {"type": "string"}}},
    "Change": {"x-nulls": "ignored", "properties": {"note": {"type": "string"}}},
    "Item": {"required": ["id"], "allOf": [{"$ref": "#/components/schemas/Change"}]},
    "Loose": {
        "x-types": "converted",
        "properties": {
            "count": {"type": "integer"},
            "share": {"type": "number"},
            "done": {"type": "boolean"},
            "note": {"type": "string"},
            "level": {"$ref": "#/components/schemas/Level"},
            "inner": {"properties": {"count": {"type": "integer"}}},
            "list": {"type": "array", "items": {"type": "string"}},
        },
    },
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["note", "level", "items", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.fixture(scope="session")
def compiled(document_of: Callable[..., Document]) -> Callable[[Json], Coercion | None]:
    document = document_of(components={"schemas": SCHEMAS})
    return lambda schema: compile_coercion(document, schema)


@pytest.fixture(scope="session")
def coerce(compiled: Callable[[Json], Coercion | None]) -> Prepare:
    """A function: coerces a value by a schema."""

    def coerced(schema: Json, value: Any) -> Any:
        coercion = compiled(schema)
        return coercion.coerce(value) if coercion else value

    return coerced


# Nulls


def test_nulls_count_as_left_out(coerce: Prepare) -> None:
    value = {"note": None, "status": "x", "zero": 0, "empty": "", "no": False}
    assert coerce(ref("Change"), value) == {"status": "x", "zero": 0, "empty": "", "no": False}


def test_nulls_further_inside_stay_unless_their_own_schema_says_so(coerce: Prepare) -> None:
    schema = {"x-nulls": "ignored", "properties": {"deep": ref("Change"), "plain": {"type": "object"}}}
    value = {"deep": {"note": None}, "plain": {"note": None}, "other": {"note": None}, "list": [None]}
    assert coerce(schema, value) == {**value, "deep": {}}


def test_a_schema_takes_over_what_it_is_composed_of(coerce: Prepare) -> None:
    assert coerce(ref("Item"), {"id": 1, "note": None}) == {"id": 1}
    assert coerce({"allOf": [ref("Item")]}, {"note": None}) == {}


def test_keywords_beside_a_reference_count(coerce: Prepare) -> None:
    assert coerce({**ref("Entry"), "x-nulls": "ignored"}, {"level": "info", "x": None}) == {"level": "INFO"}


# Capitals


@pytest.mark.parametrize("level", ["info", "Info", "INFO", "iNFO"])
def test_words_whose_case_does_not_matter_are_put_into_capitals(coerce: Prepare, level: str) -> None:
    assert coerce(ref("Level"), level) == "INFO"


def test_only_the_field_that_says_so_is_put_into_capitals(coerce: Prepare) -> None:
    assert coerce(ref("Entry"), {"level": "info", "message": "info"}) == {"level": "INFO", "message": "info"}


@pytest.mark.parametrize("value", [5, None, True, ["info"], {"info": "info"}])
def test_what_is_no_word_stays_as_it_is(coerce: Prepare, value: Any) -> None:
    assert coerce(ref("Level"), value) == value


def test_nulls_stay_where_only_the_case_is_prepared(coerce: Prepare) -> None:
    assert coerce(ref("Entry"), {"level": "info", "message": None}) == {"level": "INFO", "message": None}


# Members


@pytest.mark.parametrize("word", ["items", "x-each"])
def test_the_members_of_a_list_are_prepared(coerce: Prepare, word: str) -> None:
    schema = {"properties": {"logs": {"type": "array", word: ref("Entry")}}}
    value = {"logs": [{"level": "info"}, "text", None, {"level": 5}]}
    assert coerce(schema, value) == {"logs": [{"level": "INFO"}, "text", None, {"level": 5}]}


def test_what_judges_members_one_by_one_prepares_them_beside_a_looser_schema(coerce: Prepare) -> None:
    schema = {"type": "array", "items": {"type": "object"}, "x-each": ref("Item")}
    assert coerce(schema, [{"note": None}, 5]) == [{}, 5]


def test_the_full_schema_of_members_counts_where_the_looser_one_also_asks_for_something(
    coerce: Prepare,
) -> None:
    looser = {"x-types": "converted", "properties": {"count": {"type": "string"}}}
    assert coerce({"items": looser, "x-each": ref("Loose")}, [{"count": "5", "note": 5}]) == [
        {"count": 5, "note": "5"}
    ]


def test_a_list_stays_where_its_members_need_nothing(coerce: Prepare) -> None:
    assert coerce({"x-nulls": "ignored", "type": "array", "items": {}}, [None, "a"]) == [None, "a"]


# Near types


def test_the_fields_of_an_object_are_converted_to_their_types(coerce: Prepare) -> None:
    value = {"count": "5", "share": True, "done": "false", "note": 1.5, "level": True}
    assert coerce(ref("Loose"), value) == {
        "count": 5,
        "share": 1,
        "done": False,
        "note": "1.5",
        "level": "TRUE",
    }


def test_only_the_fields_of_the_object_itself_are_converted(coerce: Prepare) -> None:
    value = {"inner": {"count": "5"}, "list": [5], "other": "5", "count": None}
    assert coerce(ref("Loose"), value) == value
    assert coerce({"properties": {"count": {"type": "integer"}}}, {"count": "5"}) == {"count": "5"}


# Any value


@given(VALUES)
@settings(deadline=None)
def test_preparing_never_fails_changes_nothing_in_place_and_is_done_once(coerce: Prepare, value: Any) -> None:
    schema = {
        **ref("Item"),
        "properties": {"level": ref("Level"), "items": {"items": ref("Item")}, "x": {"x-nulls": "ignored"}},
        "x-types": "converted",
    }
    before = copy.deepcopy(value)
    once = coerce(schema, value)
    assert value == before
    assert coerce(schema, once) == once


@pytest.mark.parametrize(
    "schema",
    [{}, {"type": "object", "properties": {"a": {}}}, {"items": {"type": "string"}}, {"x-nulls": "kept"}],
)
def test_a_schema_that_asks_for_nothing_has_no_preparation(
    compiled: Callable[[Json], Coercion | None], schema: Json
) -> None:
    assert compiled(schema) is None


# The kit's own spec

PREPARED = {
    "null-field": {"heartbeat", "updateTask", "bulkUpdateTasks", "updateLink", "completeLink"},
    "log-level-case": {"sendLogs"},
    "loose-types": {
        *("heartbeat", "updateTask", "bulkUpdateTasks", "sendLogs"),
        *("updateLink", "completeLink", "setRequestStatus", "setAccountStatus"),
    },
}
CHOICES = st.fixed_dictionaries(
    {silence.id: st.sampled_from(list(silence.values)) for silence in silences().values()}
)


@given(CHOICES)
@settings(max_examples=15, deadline=None)
def test_bodies_are_prepared_in_the_dialects_that_ask_for_it_and_in_no_other(choices: dict[str, str]) -> None:
    expected: set[str] = set()
    if choices["null-field"] == "ignore":
        expected |= PREPARED["null-field"]
    if choices["log-level-case"] == "any":
        expected |= PREPARED["log-level-case"]
    if choices["loose-types"] == "convert":
        expected |= PREPARED["loose-types"]
    operations = worker_api(dialect_of(choices)).operations
    assert {name for name, operation in operations.items() if operation.coercion is not None} == expected


def test_the_default_dialect_prepares_nothing() -> None:
    assert not any(operation.coercion for operation in worker_api().operations.values())
