"""OpenAPI 3.1 written as OpenAPI 3.0."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from workerkit.openapi.spec.openapi30 import as_openapi30

Json = dict[str, Any]
UUID = {"type": "string", "format": "uuid"}
NULL = {"type": "null"}


def converted(schema: Json) -> Any:
    """A schema in OpenAPI 3.0. `Id` is a component that it may refer to."""
    return document({"A": schema, "Id": UUID})["components"]["schemas"]["A"]


def document(schemas: Json, **info: Any) -> Json:
    return as_openapi30({"openapi": "3.1.0", "info": info, "components": {"schemas": schemas}})


def test_the_version_is_that_of_openapi_30() -> None:
    assert document({})["openapi"] == "3.0.3"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "integer", "examples": [1, 2]}, {"type": "integer", "example": 1}),
        ({"$ref": "#/components/schemas/Id"}, {"$ref": "#/components/schemas/Id"}),
        (
            {"description": "An id.", "$ref": "#/components/schemas/Id"},
            {"description": "An id.", "allOf": [{"$ref": "#/components/schemas/Id"}]},
        ),
        ({"anyOf": [{"type": "string"}, NULL]}, {"type": "string", "nullable": True}),
        ({"anyOf": [NULL, {"type": "string"}]}, {"type": "string", "nullable": True}),
        (
            {"anyOf": [{"$ref": "#/components/schemas/Id"}, NULL], "description": "No id is null."},
            {**UUID, "description": "No id is null.", "nullable": True},
        ),
        ({"anyOf": [{"type": "string"}, {"const": 1}]}, {"anyOf": [{"type": "string"}, {"enum": [1]}]}),
        ({"type": "object"}, {"type": "object"}),
    ],
)
def test_a_keyword_gets_its_form_in_openapi_30(schema: Json, expected: Json) -> None:
    assert converted(schema) == expected
    assert converted({"properties": {"a": schema}}) == {"properties": {"a": expected}}
    assert converted({"items": {"allOf": [schema]}}) == {"items": {"allOf": [expected]}}


@pytest.mark.parametrize("name", ["const", "$ref", "examples", "example", "properties", "enum", "anyOf"])
def test_a_property_may_be_called_like_a_keyword(name: str) -> None:
    schema = {"properties": {name: {"const": 1}, "other": {"type": "string"}}}
    assert converted(schema) == {"properties": {name: {"enum": [1]}, "other": {"type": "string"}}}


@pytest.mark.parametrize("keyword", ["example", "default"])
def test_data_stays_as_it_is(keyword: str) -> None:
    data = {"const": [{"anyOf": [NULL, 1]}], "$ref": "a", "examples": [1]}
    assert converted({keyword: data}) == {keyword: data}


def test_the_named_examples_of_a_body_stay() -> None:
    media = {"examples": {"page": {"summary": "One.", "value": {"const": 1}}}, "schema": {"const": 1}}
    root = {"openapi": "3.1.0", "info": {}, "paths": {"/a": {"get": {"application/json": media}}}}
    assert as_openapi30(root)["paths"]["/a"]["get"]["application/json"] == {
        **media,
        "schema": {"enum": [1]},
    }


def test_a_schema_or_null_has_one_other_choice() -> None:
    with pytest.raises(ValueError, match="too many values"):
        converted({"anyOf": [{"type": "string"}, {"type": "integer"}, NULL]})


def test_the_info_has_no_summary_and_its_licence_has_a_url() -> None:
    info = document({}, title="A", summary="B", license={"name": "MIT", "identifier": "MIT"})["info"]
    assert info == {"title": "A", "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}}


@pytest.mark.parametrize("info", [{}, {"license": {"name": "Own", "url": "https://own.example"}}])
def test_another_licence_stays(info: Json) -> None:
    assert document({}, **info)["info"] == info


def test_the_given_document_is_not_changed() -> None:
    root = {
        "openapi": "3.1.0",
        "info": {"title": "A", "summary": "B"},
        "components": {"schemas": {"A": {"anyOf": [{"const": 1, "type": "integer"}, NULL]}}},
    }
    before = copy.deepcopy(root)
    as_openapi30(root)
    assert root == before
