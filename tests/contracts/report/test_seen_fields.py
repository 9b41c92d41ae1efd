"""The seen fields: paths with types, no values, no secrets, and never too many."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workerkit.contracts.report.baseline import Baseline
from workerkit.contracts.report.comparison import compare
from workerkit.contracts.report.seen_fields import JSON_TYPES, LEFT_OUT, SeenFields, seen_fields
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask

NO_SECRETS = Mask([], salt=b"")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def exchange(answer: Any, status: int = 200, operation: str | None = "listTasks") -> Exchange:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    path = "/api/v1/worker/tasks"
    return Exchange(1, operation, None, "GET", path, "", (), b"", status, (), body, 0.0, 0.0)


def fields_of(*exchanges: Exchange, mask: Mask = NO_SECRETS) -> SeenFields:
    return seen_fields(exchanges, mask)


def test_a_field_has_its_path_and_all_types_that_it_had() -> None:
    first = {"data": [{"id": "a", "at": None}, {"id": "b", "at": "x"}], "total": 2}
    second = {"data": [], "total": 2.5, "ok": True, "deep": {"er": [[1]]}}
    assert fields_of(exchange(first), exchange(second)) == {
        "listTasks": {
            "200": {
                "data": ("array",),
                "data[]": ("object",),
                "data[].at": ("null", "string"),
                "data[].id": ("string",),
                "deep": ("object",),
                "deep.er": ("array",),
                "deep.er[]": ("array",),
                "deep.er[][]": ("integer",),
                "ok": ("boolean",),
                "total": ("integer", "number"),
            }
        }
    }


def test_operations_and_statuses_have_fields_of_their_own() -> None:
    fields = fields_of(exchange({"a": 1}), exchange({"b": 1}, 400), exchange({"c": 1}, operation="heartbeat"))
    assert {operation: list(statuses) for operation, statuses in fields.items()} == {
        "heartbeat": ["200"],
        "listTasks": ["200", "400"],
    }


def test_what_is_no_answer_of_an_operation_has_no_fields() -> None:
    others = [exchange({"a": 1}, status) for status in (502, 503, 504)]
    assert fields_of(*others, exchange(b"<html>"), exchange("text"), exchange({}, operation=None)) == {}


def test_the_deep_parts_of_an_error_may_be_parts_of_the_request_and_are_not_read() -> None:
    answer = {"error": {"code": "x", "body": {"colour": "red"}}}
    assert set(fields_of(exchange(answer, 400))["listTasks"]["400"]) == {"error", "error.code", "error.body"}


def test_a_secret_in_a_name_is_masked_before_the_name_is_cut() -> None:
    mask = Mask([("key", "canary-key-1234")], salt=b"x")
    answer = {"canary-key-1234": 1, "x" * 50 + "canary-key-1234": 1, "password": "canary-value"}
    text = json.dumps(fields_of(exchange(answer), mask=mask))
    assert "canary" not in text
    assert "password" in text


def test_fields_that_are_named_by_ids_are_one_field() -> None:
    answer = {"6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b": 1, "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c": 2, "17": 3}
    assert fields_of(exchange(answer)) == {"listTasks": {"200": {"*": ("integer",)}}}


def test_too_many_fields_are_left_out_and_not_compared() -> None:
    many = fields_of(exchange({f"field-{letter}-{index}": 1 for letter in "ab" for index in range(150)}))
    names = many["listTasks"]["200"]
    assert len(names) == 201
    assert names[LEFT_OUT] == ()
    none = fields_of(exchange({"a": 1}))
    for before, now in ((many, none), (none, many)):
        baseline = Baseline("old.json", "http://host", "", {}, {}, before)
        assert compare(baseline, "http://host", [], [], now).fields == ()


@given(JSON)
def test_any_answer_has_a_bounded_number_of_fields_without_values(answer: Any) -> None:
    for statuses in fields_of(exchange(answer)).values():
        for fields in statuses.values():
            assert len(fields) <= 201
            assert {json_type for types in fields.values() for json_type in types} <= set(JSON_TYPES)
            assert all(list(types) == sorted(set(types)) for types in fields.values())
