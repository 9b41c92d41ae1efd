"""Keys that begin with `x-`: moved, merged, and removed for other tools."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from workerkit.openapi.spec.own_keys import (
    with_components_from_elsewhere,
    with_exact_values,
    without_own_keys,
)

Json = dict[str, Any]

# x-elsewhere


def test_components_from_elsewhere_stand_beside_the_others() -> None:
    root = {
        "components": {"schemas": {"A": {"type": "integer"}}},
        "x-elsewhere": {"components": {"schemas": {"B": {"type": "string"}}, "responses": {"C": {}}}},
    }
    assert with_components_from_elsewhere(root) == {
        "components": {
            "schemas": {"A": {"type": "integer"}, "B": {"type": "string"}},
            "responses": {"C": {}},
        }
    }


def test_references_to_components_from_elsewhere_follow_them() -> None:
    reference = {"$ref": "#/x-elsewhere/components/schemas/B"}
    root = {
        "paths": {"/a": [reference]},
        "components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}},
        "x-elsewhere": {"components": {"schemas": {"B": {"properties": {"b": reference}}}}},
    }
    moved = {"$ref": "#/components/schemas/B"}
    assert with_components_from_elsewhere(root) == {
        "paths": {"/a": [moved]},
        "components": {
            "schemas": {"A": {"$ref": "#/components/schemas/A"}, "B": {"properties": {"b": moved}}}
        },
    }


def test_a_document_with_nothing_elsewhere_stays_as_it_is() -> None:
    root: Json = {"components": {"schemas": {}}}
    assert with_components_from_elsewhere(root) is root


# x-exact


def test_exact_values_are_merged_into_their_schema() -> None:
    schema = {"type": "object", "properties": {"success": {"type": "boolean", "x-exact": {"const": True}}}}
    assert with_exact_values({"allOf": [schema]}) == {
        "allOf": [{"type": "object", "properties": {"success": {"type": "boolean", "const": True}}}]
    }


def test_an_exact_value_replaces_what_the_schema_says() -> None:
    assert with_exact_values({"type": "string", "x-exact": {"type": "null"}}) == {"type": "null"}


# All keys that begin with x-


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1, "x-b": 2}, {"a": 1}),
        ({"a": [{"x-b": 1}, 2]}, {"a": [{}, 2]}),
        ({"x-flow": {"a": {"b": 1}}}, {}),
        ("x-text", "x-text"),
    ],
)
def test_own_keys_are_removed_at_any_depth(value: Any, expected: Any) -> None:
    assert without_own_keys(value) == expected


@pytest.mark.parametrize("parent", ["properties", "schemas", "headers", "examples"])
def test_a_name_that_the_api_chose_stays(parent: str) -> None:
    source = {parent: {"x-name": {"type": "string", "x-own": 1}}}
    assert without_own_keys(source) == {parent: {"x-name": {"type": "string"}}}


@pytest.mark.parametrize("parent", ["example", "value", "default"])
def test_data_stays_as_it_is(parent: str) -> None:
    source = {parent: {"x-a": [{"x-b": {"x-c": 1}}]}}
    assert without_own_keys(source) == source


def test_a_list_of_examples_is_data() -> None:
    assert without_own_keys({"examples": [{"x-a": 1}]}) == {"examples": [{"x-a": 1}]}


@pytest.mark.parametrize("name", ["properties", "headers", "example", "value", "default"])
def test_a_property_may_be_called_like_a_keyword(name: str) -> None:
    source = {"properties": {name: {"x-own": 1, "type": "object"}}}
    assert without_own_keys(source) == {"properties": {name: {"type": "object"}}}


def test_the_given_document_is_not_changed() -> None:
    source = {"a": {"x-b": 1, "properties": {"x-c": {"x-exact": {"const": 1}}}}}
    before = copy.deepcopy(source)
    without_own_keys(source)
    with_exact_values(source)
    assert source == before
