"""The fields that the answers of a run had: their names and types, never their values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from workerkit.contracts.gate.way_trouble import is_way_trouble
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask

# Operation -> status -> path of a field -> the JSON types that the field had, sorted by name.
SeenFields = Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]

JSON_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
# This path stands for all fields that are left out, because an operation had too many.
LEFT_OUT = "..."
_MAX_FIELDS = 200
_MAX_MEMBERS = 100
# How many levels of fields are read. The fields inside the parts of an error answer can be parts of the
# request, so they are not read.
_MAX_LEVELS, _MAX_ERROR_LEVELS = 6, 2
_PLAIN_NAME = re.compile(r"[\w-]{1,60}")
_MAX_NAME_LENGTH = 60
# A server may use ids or numbers as field names. All fields with such names are written as one field, `*`.
_ID_NAME = re.compile(r"\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def seen_fields(exchanges: Iterable[Exchange], mask: Mask) -> SeenFields:
    """The fields of all JSON answers. `data[].id` is the path of the field `id` of the objects in `data`.

    The names of fields come from the server, so secrets in them are masked. Only the first 100 members of a
    list are read. For each operation and status, only the first 200 fields are kept.
    """
    found: dict[str, dict[str, dict[str, set[str]]]] = {}
    walk = _Walk(mask)
    for exchange in _distinct_answers(exchanges):
        answer = exchange.answer_json()
        if isinstance(answer, dict | list):
            fields = found.setdefault(str(exchange.operation), {}).setdefault(str(exchange.status), {})
            levels = _MAX_LEVELS if exchange.accepted else _MAX_ERROR_LEVELS
            for path, json_type in walk.fields_of(answer, levels):
                _add(fields, path, json_type)
    return {
        operation: {status: _sorted(fields) for status, fields in sorted(statuses.items())}
        for operation, statuses in sorted(found.items())
    }


def json_type_of(value: Any) -> str:
    """The JSON type of a value. 3 is an `integer`, 3.0 and 3.5 are a `number`."""
    for json_type, value_type in (
        ("null", type(None)),
        ("boolean", bool),
        ("integer", int),
        ("number", float),
        ("string", str),
        ("array", list),
    ):
        if isinstance(value, value_type):
            return json_type
    return "object"


def _distinct_answers(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The exchanges of operations, only one for each answer."""
    known = set()
    for exchange in exchanges:
        answer = (exchange.operation, exchange.status, exchange.answer_body)
        if exchange.operation and not is_way_trouble(exchange) and answer not in known:
            known.add(answer)
            yield exchange


class _Walk:
    """Finds the fields of answers. It masks each name of a field only once."""

    def __init__(self, mask: Mask) -> None:
        self._name: Callable[[str], str] = cache(lambda name: _path_name(mask.text(name)))

    def fields_of(self, value: Any, levels: int, path: str = "") -> Iterator[tuple[str, str]]:
        """The path and the type of each field below `path`.

        levels: how many fields may be inside each other.
        """
        for field, member, depth in self._members(value, levels, path):
            yield field, json_type_of(member)
            yield from self.fields_of(member, depth, field)

    def _members(self, value: Any, levels: int, path: str) -> Iterator[tuple[str, Any, int]]:
        if isinstance(value, list):
            for member in islice(value, _MAX_MEMBERS):
                yield f"{path}[]", member, levels
        elif isinstance(value, dict) and levels:
            for name, member in value.items():
                yield f"{path}.{self._name(name)}".lstrip("."), member, levels - 1


def _path_name(name: str) -> str:
    if _ID_NAME.fullmatch(name):
        return "*"
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name[:_MAX_NAME_LENGTH], ensure_ascii=False)


def _add(fields: dict[str, set[str]], path: str, json_type: str) -> None:
    if path not in fields and len(fields) >= _MAX_FIELDS:
        fields.setdefault(LEFT_OUT, set())
    else:
        fields.setdefault(path, set()).add(json_type)


def _sorted(fields: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {path: tuple(sorted(types)) for path, types in sorted(fields.items())}
