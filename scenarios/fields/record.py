"""Reads a record (a frozen dataclass) from YAML, by the annotations of its fields, and writes it back."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workerkit.openapi.formats.timestamp import written as written_time
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields import duration
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import OneOrMore, ValueKind
from workerkit.scenarios.fields.value import leaf
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.fields.yaml_checks import mapping

Record = TypeVar("Record")


def record(node: Node, shape: type[Record], words: Words) -> Record:
    """The record that a mapping describes; raises NotUnderstood. A field without a kind takes text.

    Where only the first field is required, its value may stand alone: `revoke-key: server-01`. A record whose
    values are at odds with each other says so by a ValueError of its own, which gets the mapping's place.
    """
    if not isinstance(node.value, dict) and may_stand_alone(shape):
        node = replace(node, value={keys(shape)[0]: node}, keys={})
    given = parameters(node, shape, words)
    try:
        return shape(**given)
    except ValueError as error:
        raise node.fail(str(error)) from None


def may_stand_alone(shape: type[Any]) -> bool:
    """Whether the value of a record's first field may stand in the place of the record."""
    return bool(keys(shape)) and not any(map(_is_required, _fields(shape)[1:]))


def keys(shape: type[Any]) -> tuple[str, ...]:
    """The keys that a record is written with: the names of its fields, `for` for `for_`."""
    return tuple(_key(field) for field in _fields(shape))


def required(shape: type[Any]) -> tuple[str, ...]:
    """Those keys of a record that have to be given."""
    return tuple(_key(field) for field in _fields(shape) if _is_required(field))


def parameters(node: Node, shape: type[Any], words: Words) -> dict[str, Any]:
    """Those fields of a record that a mapping sets; raises NotUnderstood for too many and too few."""
    given = mapping(node, keys(shape))
    for key in required(shape):
        if key not in given:
            raise node.fail(f'"{key}" is missing')
    wanted = markers(shape)
    set_here = [(field.name, given[_key(field)]) for field in _fields(shape) if _key(field) in given]
    return {name: _value(value, wanted[name], words) for name, value in set_here}


def markers(shape: type[Any]) -> dict[str, Any]:
    """What the annotation of each field says of its kind, None where it says nothing: it takes text.

    A field that may be None is of the kind that it else is; one that holds a record has the record's class.
    """
    hints = get_type_hints(shape, include_extras=True)
    return {field.name: _marker(hints[field.name]) for field in _fields(shape)}


def written(part: Any) -> dict[str, Any]:
    """A record as JSON, in the form in which it is read; what has its default is left out."""
    # A field without a default is never equal to the marker that stands for it.
    changed = [field for field in _fields(type(part)) if getattr(part, field.name) != _default(field)]
    kinds = markers(type(part))
    return {_key(each): _written(getattr(part, each.name), kinds[each.name]) for each in changed}


def briefly(part: Any) -> Any:
    """A record as `written`, or the value of its first field alone where that says it all."""
    plain, shape = written(part), type(part)
    return plain[keys(shape)[0]] if may_stand_alone(shape) and [*plain] == [keys(shape)[0]] else plain


def _value(node: Node, marker: Any, words: Words) -> Any:
    return record(node, marker, words) if isinstance(marker, type) else leaf(node, marker, words)


def _marker(hint: Any) -> Any:
    for each in (hint, *get_args(hint)):
        if get_origin(each) is Annotated:
            return get_args(each)[1]
        if is_dataclass(each):
            return each
    return None


def _written(value: Any, kind: Any) -> Any:
    if isinstance(kind, type):
        return briefly(value)
    if isinstance(value, Calls):
        return str(value)
    if isinstance(kind, OneOrMore):
        return value[0] if len(value) == 1 else list(value)
    if kind is ValueKind.TIME:
        return written_time(value)
    return duration.written(value) if kind is ValueKind.SECONDS else value


def _key(each: Field[Any]) -> str:
    return each.name.removesuffix("_")


def _fields(shape: type[Any]) -> tuple[Field[Any], ...]:
    return fields(shape)


def _is_required(each: Field[Any]) -> bool:
    return _default(each) is MISSING


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()
