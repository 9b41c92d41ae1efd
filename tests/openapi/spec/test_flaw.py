from __future__ import annotations

import tracemalloc
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.spec.flaw import FlawError, first_flaw

VALIDATOR = jsonschema_rs.Draft202012Validator(
    {
        "required": ["items"],
        "properties": {"items": {"maxItems": 5, "items": {"properties": {"status": {"enum": ["pending"]}}}}},
    }
)


def test_a_flaw_says_where_and_what() -> None:
    flaw = FlawError("query/limit", "is too big")
    assert (flaw.place, flaw.message, str(flaw)) == ("query/limit", "is too big", "query/limit: is too big")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({}, "body"),
        ({"items": [{}] * 6}, "body/items"),
        ({"items": [{}, {}, {}, {"status": "done"}]}, "body/items/3/status"),
    ],
)
def test_the_place_is_the_way_to_the_value(value: Any, place: str) -> None:
    assert first_flaw(VALIDATOR, value, "body").place == place


@settings(deadline=None)
@given(st.text(min_size=500, max_size=2000))
def test_a_long_value_does_not_make_a_long_message(text: str) -> None:
    flaw = first_flaw(VALIDATOR, {"items": [{"status": text}]}, "body")
    assert len(flaw.message) <= 203


def test_a_value_that_fits_no_choice_is_told_with_the_first_one() -> None:
    choices = {"anyOf": [{"type": "array", "maxItems": 2}, {"type": "null"}]}
    validator = jsonschema_rs.Draft202012Validator({"properties": {"items": choices}})
    assert (
        str(first_flaw(validator, {"items": [1, 2, 3]}, "body"))
        == "body/items: [1,2,3] has more than 2 items"
    )
    assert str(first_flaw(validator, {"items": [0] * 300}, "body")) == (
        "body/items: the list has more than 2 items"
    )


def test_the_message_about_a_long_list_has_the_limit() -> None:
    flaw = first_flaw(VALIDATOR, {"items": [{"status": "pending"}] * 99}, "body")
    assert str(flaw) == "body/items: the list has more than 5 items"


def test_a_long_list_of_wrong_values_needs_little_memory() -> None:
    validator = jsonschema_rs.validator_for({"items": {"required": ["id"]}})
    value: list[dict[str, int]] = [{"number": number} for number in range(20_000)]
    tracemalloc.start()
    flaw = first_flaw(validator, value, "answer")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(flaw) == 'answer/0: "id" is a required property'
    assert peak < 100_000
