"""The spec of one dialect for other tools: without the kit's own keys, as OpenAPI 3.1 or 3.0."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Literal, get_args

import yaml

from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.dialect_spec import derive_spec
from workerkit.openapi.spec.document import Document, Json, bundled_source
from workerkit.openapi.spec.openapi30 import as_openapi30
from workerkit.openapi.spec.own_keys import without_own_keys

OpenapiVersion = Literal["3.1", "3.0"]
SpecFormat = Literal["yaml", "json"]
VERSIONS: tuple[OpenapiVersion, ...] = get_args(OpenapiVersion)
FORMATS: tuple[SpecFormat, ...] = get_args(SpecFormat)
_COMPONENTS = "#/components/"


def published_spec(dialect: Dialect, version: OpenapiVersion = "3.1", base_url: str | None = None) -> Json:
    """The spec of a server with this dialect, for generators of clients and other tools.

    base_url: the only server in the spec: `http://127.0.0.1:8080/api/v1/worker`. None for the servers in
        worker-api.yaml.
    """
    root: Json = without_own_keys(derive_spec(bundled_source("worker-api.yaml"), dialect).root)
    if base_url is not None:
        root["servers"] = [{"url": base_url}]
    _add_heads(root)
    _remove_unused_components(root)
    return as_openapi30(root) if version == "3.0" else root


def operation_spec(operation: str, dialect: Dialect) -> Json:
    """The spec of a server with this dialect, with one operation only, and with the parts that it refers to.

    operation: the id of an operation of the API.
    """
    root = published_spec(dialect)
    root["paths"] = {
        path: {method: found}
        for path, methods in root["paths"].items()
        for method, found in methods.items()
        if isinstance(found, dict) and found.get("operationId") == operation
    }
    _remove_unused_components(root)
    return root


def spec_text(spec: Json, spec_format: SpecFormat) -> str:
    """The text of a spec, with a line feed at its end."""
    if spec_format == "json":
        return json.dumps(spec, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(spec, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _add_heads(root: Json) -> None:
    """Adds HEAD to each path that has GET. HEAD has the answers of GET, without their bodies."""
    for path, item in root["paths"].items():
        if "get" in item:
            root["paths"][path] = {**item, "head": _head_of(item["get"], root)}


def _head_of(get: Json, root: Json) -> Json:
    kept = {name: value for name, value in get.items() if name in ("tags", "parameters", "security")}
    responses = {
        status: {"description": _resolved(response, root)["description"]}
        for status, response in get["responses"].items()
    }
    return {
        "operationId": f"{get['operationId']}Head",
        "summary": f"{get['summary']}, without the body",
        "description": "The status and the headers that GET gets with the same parameters.",
        **copy.deepcopy(kept),
        "responses": responses,
    }


def _resolved(response: Json, root: Json) -> Json:
    name = response.get("$ref", "").rpartition("/")[2]
    found: Json = root["components"]["responses"][name] if name else response
    return found


class _Dumper(yaml.SafeDumper):
    """Writes each value in full, because strict parsers refuse YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """True for every value."""
        return True


def _remove_unused_components(root: Json) -> None:
    """Removes the components that this dialect does not use."""
    components = root["components"]
    used: set[str] = set()
    waiting = list(_references_in({name: value for name, value in root.items() if name != "components"}))
    while waiting:
        reference = waiting.pop()
        if reference.startswith(_COMPONENTS) and reference not in used:
            used.add(reference)
            waiting += _references_in(Document(root).follow({"$ref": reference}))
    for kind in ("schemas", "responses"):
        components[kind] = {
            name: value for name, value in components[kind].items() if f"{_COMPONENTS}{kind}/{name}" in used
        }


def _references_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from _references_in(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref" and isinstance(member, str):
                yield member
            else:
                yield from _references_in(member)
