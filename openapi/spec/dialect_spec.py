"""Derives the spec of a dialect from the base spec, by the patches under `x-when`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.merge_patch import merged

_ERROR_BODY = "error-body"


def derive_spec(document: Document, dialect: Dialect) -> Document:
    """The spec of a server with this dialect.

    A place in the document that depends on a silence has `x-when: {SILENCE: {VALUE: PATCH}}`. The patch of
    the chosen value is merged into that place as a JSON Merge Patch (RFC 7396). A null removes a key.
    """
    root: Json = _derived(document.root, dialect)
    if dialect[_ERROR_BODY] == "nested":
        _nest_error_codes(root)
    return Document(root)


def silences_in(document: Document) -> frozenset[str]:
    """The ids of the silences whose values change the spec."""
    return frozenset({_ERROR_BODY, *_silences_in(document.root)})


def _silences_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value.get("x-when", ())
    if isinstance(value, list | dict):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _silences_in(member)


def _derived(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, list):
        return [_derived(member, dialect) for member in value]
    if not isinstance(value, dict):
        return value
    derived = {name: _derived(member, dialect) for name, member in value.items() if name != "x-when"}
    for silence_id, patches in value.get("x-when", {}).items():
        derived = merged(derived, _derived(patches.get(dialect[silence_id], {}), dialect))
    return derived


def _nest_error_codes(root: Json) -> None:
    """Moves the constant code of each error answer from `error` to `error.code`."""
    for response in root["components"]["responses"].values():
        properties = response["content"]["application/json"]["schema"].get("properties", {})
        if "error" in properties:
            properties["error"] = {"properties": {"code": properties["error"]}}
