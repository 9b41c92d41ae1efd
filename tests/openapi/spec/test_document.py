from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.document import Document, bundled_document, read_document

SCHEMAS: dict[str, dict[str, Any]] = {
    "A": {"$ref": "#/components/schemas/B"},
    "B": {"$ref": "#/components/schemas/odd~1na~0me%20x"},
    "odd/na~me x": {"type": "integer"},
    "Lost": {"$ref": "#/components/schemas/Nowhere"},
    "Id": {"type": "string", "format": "uuid"},
    "Holder": {"properties": {"id": {"$ref": "#/components/schemas/Id"}}},
}


@pytest.fixture(scope="module")
def document(document_of: Callable[..., Document]) -> Document:
    return document_of(components={"schemas": SCHEMAS})


@pytest.mark.parametrize(
    ("url", "path"), [("http://h/a/b/", "/a/b"), ("http://h", ""), ("https://h:1/a?x=1", "/a"), ("/a", "/a")]
)
def test_the_base_path_is_that_of_the_first_server(url: str, path: str) -> None:
    assert Document({"servers": [{"url": url}, {"url": "http://h/other"}]}).base_path == path


def test_references_are_followed_to_their_end(document: Document) -> None:
    assert document.follow({"$ref": "#/components/schemas/A"}) == {"type": "integer"}


def test_what_is_no_reference_is_itself(document: Document) -> None:
    value = {"type": "string"}
    assert document.follow(value) is value


def test_a_reference_to_nothing_is_an_error(document: Document) -> None:
    with pytest.raises(KeyError, match="Nowhere"):
        document.follow(SCHEMAS["Lost"])


def test_a_validator_knows_the_components_and_the_formats(document: Document) -> None:
    validator = document.validator({"$ref": "#/components/schemas/Holder"})
    assert validator.is_valid({"id": "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"})
    assert not validator.is_valid({"id": "6f1e2c1a"})


def test_a_text_that_is_no_yaml_is_refused_by_name_and_place() -> None:
    with pytest.raises(InvalidInputError, match=r"^my\.yaml:1:4: "):
        read_document("a: &x 1", name="my.yaml")


def test_a_neighbours_schema_is_the_neighbours() -> None:
    control, worker = bundled_document("control-api.yaml"), bundled_document("worker-api.yaml")
    for root in (control.root, worker.root):
        assert root["components"]["schemas"]["TaskStatus"]["enum"][0] == "pending"
    schemas = control.root["components"]["schemas"]
    assert schemas["TaskStatus"] == worker.root["components"]["schemas"]["TaskStatus"]
