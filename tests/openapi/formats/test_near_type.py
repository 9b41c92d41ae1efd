from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.near_type import NEAR_TYPES, converted
from workerkit.openapi.formats.strict_json import render

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", "5", 5),
        ("integer", "-5", -5),
        ("integer", "3.0", 3.0),
        ("integer", False, 0),
        ("integer", True, 1),
        ("number", "5.5", 5.5),
        ("number", "1e2", 100.0),
        ("number", True, 1),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("boolean", 0, False),
        ("boolean", 1, True),
        ("boolean", 1.0, True),
        ("string", 5, "5"),
        ("string", -0.5, "-0.5"),
        ("string", True, "true"),
        ("string", False, "false"),
    ],
)
def test_a_value_of_a_near_type_is_converted(kind: str, value: Any, expected: Any) -> None:
    result = converted(value, kind)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(
            ("integer", text)
            for text in ("ten", "", "05", "5x", "NaN", "1e999", "true", "null", "[5]", "\u0665")
        ),
        *(("boolean", value) for value in ("yes", "True", "1", "", 2, -1, 0.5)),
        *((kind, value) for kind in NEAR_TYPES for value in (None, [], {}, [5], {"a": 5})),
        *(("string", text) for text in ("5", "true", "", "null")),
    ],
)
def test_what_is_not_near_stays_as_it_is(kind: str, value: Any) -> None:
    assert converted(value, kind) == value
    assert type(converted(value, kind)) is type(value)


@given(JSON_VALUES, st.sampled_from(NEAR_TYPES))
@settings(deadline=None)
def test_any_value_is_converted_once(value: Any, kind: str) -> None:
    once = converted(value, kind)
    assert json.dumps(converted(once, kind)) == json.dumps(once)


@given(st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_number_is_the_same_after_its_text(number: float) -> None:
    assert converted(converted(number, "string"), "number") == number
    assert converted(number, "string") == render(number).decode()
