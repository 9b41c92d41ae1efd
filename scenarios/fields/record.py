"""Reads a record from YAML and writes it as JSON. A record is a frozen dataclass with annotated fields."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import OneOrMore, ValueKind
from workerkit.scenarios.fields.value import read_value
from workerkit.scenarios.fields.yaml_checks import read_mapping

Record = TypeVar("Record")


def read_record(node: Node, shape: type[Record], words: AllowedWords) -> Record:
    """Reads a mapping as a record of the class `shape`.

    If the annotation of a field has no kind, the value of the field must be a text.
    If every field after the first has a default, the value of the first field alone is enough:
    `revoke-key: server-01`.
    Raises InvalidInputError. If `shape` raises ValueError because two values contradict each other, this also
    becomes an InvalidInputError.
    """
    if not isinstance(node.value, dict) and has_short_form(shape):
        node = replace(node, value={record_keys(shape)[0]: node}, keys={})
    given = read_fields(node, shape, words)
    try:
        return shape(**given)
    except ValueError as error:
        raise node.fail(str(error)) from None


def has_short_form(shape: type[Any]) -> bool:
    """Whether a file may write the value of the first field alone, instead of a mapping."""
    return bool(record_keys(shape)) and not any(map(_is_required, _fields(shape)[1:]))


def record_keys(shape: type[Any]) -> tuple[str, ...]:
    """The YAML keys of a record: the names of its fields. The field `for_` has the key `for`."""
    return tuple(_key(field) for field in _fields(shape))


def required_keys(shape: type[Any]) -> tuple[str, ...]:
    """The YAML keys of the fields that have no default."""
    return tuple(_key(field) for field in _fields(shape) if _is_required(field))


def read_fields(node: Node, shape: type[Any], words: AllowedWords) -> dict[str, Any]:
    """The fields of a record that a mapping sets. Raises InvalidInputError for unknown or missing keys."""
    given = read_mapping(node, record_keys(shape))
    for key in required_keys(shape):
        if key not in given:
            raise node.fail(f'"{key}" is missing')
    kinds = field_kinds(shape)
    set_here = [(field.name, given[_key(field)]) for field in _fields(shape) if _key(field) in given]
    return {name: _read_field(value, kinds[name], words) for name, value in set_here}


def field_kinds(shape: type[Any]) -> dict[str, Any]:
    """The kind of each field, from its annotation: a ValueKind, or one of the other classes of `kinds`.

    A field that holds a record has the record's class as its kind. A field that takes any text has None.
    """
    hints = get_type_hints(shape, include_extras=True)
    return {field.name: _kind(hints[field.name]) for field in _fields(shape)}


def record_json(part: Any) -> dict[str, Any]:
    """A record as JSON that `read_record` reads. Fields that have their default are left out."""
    # The default of a required field is MISSING. No value equals MISSING, so required fields are
    # always written.
    changed = [field for field in _fields(type(part)) if getattr(part, field.name) != _default(field)]
    kinds = field_kinds(type(part))
    return {_key(field): _json(getattr(part, field.name), kinds[field.name]) for field in changed}


def short_json(part: Any) -> Any:
    """A record as JSON: the value of its first field, or a mapping if other fields are set too."""
    json, shape = record_json(part), type(part)
    first = record_keys(shape)[:1]
    return json[first[0]] if has_short_form(shape) and tuple(json) == first else json


def _read_field(node: Node, kind: Any, words: AllowedWords) -> Any:
    return read_record(node, kind, words) if isinstance(kind, type) else read_value(node, kind, words)


def _kind(hint: Any) -> Any:
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Annotated:
            return get_args(part)[1]
        if is_dataclass(part):
            return part
    return None


def _json(value: Any, kind: Any) -> Any:
    if isinstance(kind, type):
        return short_json(value)
    if isinstance(value, Calls):
        return value.first if value.first == value.last else str(value)
    if isinstance(kind, OneOrMore):
        return value[0] if len(value) == 1 else list(value)
    if kind is ValueKind.TIME:
        return time_text(value)
    return duration_text(value) if kind is ValueKind.SECONDS else value


def _key(field: Field[Any]) -> str:
    return field.name.removesuffix("_")


def _fields(shape: type[Any]) -> tuple[Field[Any], ...]:
    return fields(shape)


def _is_required(field: Field[Any]) -> bool:
    return _default(field) is MISSING


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
