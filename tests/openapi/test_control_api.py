"""control-api.yaml as a document: no place without a value, and examples that fit their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from workerkit.openapi.spec.document import bundled_document

SPEC = bundled_document("control-api.yaml")
Place = tuple[str | int, ...]


def values_in(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of the document with its place, the outer ones first."""
    yield place, value
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from values_in(member, (*place, name))


def examples_in(value: dict[str, Any]) -> list[Any]:
    """The examples beside the schema of a body or a parameter, and those inside a schema."""
    examples = value.get("examples", [])
    named = [example["value"] for example in examples.values()] if isinstance(examples, dict) else examples
    return [*named, *([value["example"]] if "example" in value else [])]


EXAMPLES = [
    pytest.param(value.get("schema", value), example, id="/".join(map(str, place)))
    for place, value in values_in(SPEC.root)
    if isinstance(value, dict) and place[-1:] != ("properties",)
    for example in examples_in(value)
]


def test_no_place_is_without_a_value() -> None:
    assert [place for place, value in values_in(SPEC.root) if value is None] == []


def test_the_examples_of_the_document_are_found() -> None:
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize(("schema", "example"), EXAMPLES)
def test_an_example_fits_its_schema(schema: dict[str, Any], example: Any) -> None:
    assert SPEC.validator(schema).is_valid(example)
