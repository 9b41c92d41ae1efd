"""The spec of a dialect, derived from the one spec: a place that says `x-when` gets the dialect's patch."""

from __future__ import annotations

from typing import Any

from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document, Json


def derive(document: Document, dialect: Dialect) -> Document:
    """The document as it describes a server of this dialect.

    A place that depends on a silence carries `x-when: {SILENCE: {VALUE: PATCH}}`; the patch of the chosen
    value is merged into the place as a JSON Merge Patch (RFC 7396): null removes.
    """
    root: Json = _derived(document.root, dialect)
    if dialect["error-body"] == "nested":
        _nest_errors(root)
    return Document(root)


def _derived(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, list):
        return [_derived(each, dialect) for each in value]
    if not isinstance(value, dict):
        return value
    place = {name: _derived(each, dialect) for name, each in value.items() if name != "x-when"}
    for silence, patches in value.get("x-when", {}).items():
        place = _merged(place, _derived(patches.get(dialect[silence], {}), dialect))
    return place


def _merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change)
    return merged


def _nest_errors(root: Json) -> None:
    """Each error answer fixes its code: here the code moves into an object, wherever it is fixed."""
    for response in root["components"]["responses"].values():
        for part in response["content"]["application/json"]["schema"]["allOf"]:
            code = part.get("properties", {}).pop("error", None)
            if code is not None:
                part["properties"]["error"] = {"properties": {"code": code}}
