"""The spec for other tools, in every value of every silence."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.document import bundled_document, bundled_source
from workerkit.openapi.spec.published import VERSIONS, OpenapiVersion, published_spec, spec_text
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
VALIDATORS = {"3.1": OpenAPIV31SpecValidator, "3.0": OpenAPIV30SpecValidator}
CHOICES = [
    {},
    *(
        {silence.id: value}
        for silence in silences().values()
        for value in silence.values
        if value != silence.default
    ),
]
ALL_OTHERS = {silence.id: list(silence.values)[-1] for silence in silences().values()}
IN_EVERY_DIALECT = pytest.mark.parametrize(
    "choices",
    [*CHOICES, ALL_OTHERS],
    ids=lambda choices: "all-last" if len(choices) > 1 else "-".join([*choices, *choices.values()]) or "none",
)
IN_BOTH_VERSIONS = pytest.mark.parametrize("version", VERSIONS)


def objects(value: Any) -> Iterator[Json]:
    """All objects in a document, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def references(value: Any) -> set[str]:
    return {found["$ref"] for found in objects(value) if isinstance(found.get("$ref"), str)}


def used_components(root: Json) -> set[str]:
    """The components that the paths refer to, directly or through other components."""
    used: set[str] = set()
    waiting = references(root["paths"])
    while waiting:
        reference = waiting.pop()
        used.add(reference)
        kind, name = reference.removeprefix("#/components/").split("/")
        waiting |= references(root["components"][kind][name]) - used
    return used


@IN_BOTH_VERSIONS
@IN_EVERY_DIALECT
def test_the_spec_of_every_dialect_is_valid_and_plain(
    choices: dict[str, str], version: OpenapiVersion
) -> None:
    root = published_spec(dialect_of(choices), version)
    VALIDATORS[version](root).validate()
    for found in objects(root):
        assert [name for name in found if name.startswith("x-")] == []
        assert not isinstance(found.get("const"), bool)
        assert not {"pattern", "format"} <= set(found)
        assert not {"allOf", "properties"} <= set(found)
    components = {
        f"#/components/{kind}/{name}" for kind in root["components"] for name in root["components"][kind]
    }
    schemes = {f"#/components/securitySchemes/{name}" for scheme in root["security"] for name in scheme}
    assert components == used_components(root) | schemes


@IN_BOTH_VERSIONS
@IN_EVERY_DIALECT
def test_the_texts_of_every_dialect_are_the_spec(choices: dict[str, str], version: OpenapiVersion) -> None:
    root = published_spec(dialect_of(choices), version)
    text = spec_text(root, "yaml")
    assert not any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text))
    assert yaml.load(text, yaml.CSafeLoader) == json.loads(spec_text(root, "json")) == root


@pytest.mark.parametrize("spec_format", ["yaml", "json"])
def test_a_text_ends_with_one_line_feed_and_has_no_escapes(spec_format: Any) -> None:
    text = spec_text(published_spec(Dialect()), spec_format)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "→" in text


@IN_BOTH_VERSIONS
def test_the_version_is_the_one_that_was_asked_for(version: OpenapiVersion) -> None:
    assert published_spec(Dialect(), version)["openapi"].startswith(f"{version}.")


@IN_BOTH_VERSIONS
def test_the_base_url_becomes_the_only_server(version: OpenapiVersion) -> None:
    url = "http://127.0.0.1:1/api/v1/worker"
    assert published_spec(Dialect(), version, url)["servers"] == [{"url": url}]
    assert published_spec(Dialect(), version)["servers"] == bundled_source("worker-api.yaml").root["servers"]


@IN_BOTH_VERSIONS
def test_the_spec_has_all_operations(version: OpenapiVersion, api: Api) -> None:
    paths = published_spec(Dialect(), version)["paths"]
    found = {
        entry["operationId"] for item in paths.values() for entry in item.values() if "operationId" in entry
    }
    assert found == {*api.operations, "listTasksHead"}


def test_the_dialect_changes_the_spec() -> None:
    forms = [published_spec(dialect_of({"error-body": form})) for form in ("code", "nested")]
    code, nested = (root["components"]["schemas"]["ApiError"]["properties"]["error"] for root in forms)
    assert code["type"] == "string"
    assert nested["properties"]["code"]["type"] == "string"


@IN_BOTH_VERSIONS
def test_the_spec_can_be_changed_without_changing_the_next_one(version: OpenapiVersion) -> None:
    sources = [bundled_source("worker-api.yaml").root, bundled_document("worker-api.yaml").root]
    before = copy.deepcopy(sources)
    root = published_spec(Dialect(), version)
    expected = copy.deepcopy(root)
    for found in list(objects(root)):
        found["changed"] = True
    assert sources == before
    assert published_spec(Dialect(), version) == expected


def test_no_value_of_a_spec_stands_in_two_places() -> None:
    found = [id(value) for value in objects(published_spec(dialect_of(ALL_OTHERS)))]
    assert len(found) == len(set(found))
