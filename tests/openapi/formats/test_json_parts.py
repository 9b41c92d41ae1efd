"""Tests the JSON text of an object in parts."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workerkit.openapi.formats.json_parts import complete, is_lazy, json_parts
from workerkit.openapi.formats.strict_json import parse

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(max_size=5), VALUES | st.lists(SCALARS).map(tuple), max_size=4))
def test_the_parts_are_the_text_of_the_object_with_lists(members: dict[str, Any]) -> None:
    def lazy() -> dict[str, Any]:
        return {
            name: iter(member) if isinstance(member, tuple) else member for name, member in members.items()
        }

    assert is_lazy(lazy()) == any(isinstance(member, tuple) for member in members.values())
    assert parse(b"".join(json_parts(lazy()))) == complete(lazy())


def test_an_item_that_needs_more_time_is_an_empty_part() -> None:
    parts = list(json_parts({"items": iter([None, 1, None, None, 2])}))
    assert parts.count(b"") == 3
    assert b"".join(parts) == b'{"items":[1,2]}'


def test_items_are_not_made_before_they_are_needed() -> None:
    numbers = iter(range(3))
    parts = json_parts({"items": numbers})
    assert b"".join(next(parts) for _ in range(2)) == b'{"items":[0'
    assert next(numbers) == 1
