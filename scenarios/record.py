"""Reads a record (a frozen dataclass) from YAML, by the annotations of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workerkit.openapi.yamlsource import Node, closest
from workerkit.scenarios.calls import Calls, NoSpan, calls
from workerkit.scenarios.duration import NoDuration, seconds
from workerkit.scenarios.kinds import AtLeast, Between, Kind, OneOf

Record = TypeVar("Record")
_NESTED = {dict: "a mapping", list: "a list"}
_ERROR_STATUSES = tuple(status.value for status in HTTPStatus if status >= 400)


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a kind of value is chosen from."""

    of: Mapping[Kind, tuple[str, ...]]

    def choose(self, node: Node, kind: Kind) -> str:
        """The word, which has to be one of its kind; raises NotUnderstood."""
        return chosen(node, self.of[kind], kind.value)


def record(node: Node, shape: type[Record], words: Words) -> Record:
    """The record that a mapping describes; raises NotUnderstood. A field without a kind takes text.

    Where only the first field is required, its value may stand alone: `revoke-key: server-01`. A record whose
    values are at odds with each other says so by a ValueError of its own, which gets the mapping's place.
    """
    names = keys(shape)
    if names and not isinstance(node.value, dict) and not any(map(_is_required, _fields(shape)[1:])):
        node = replace(node, value={names[0]: node}, keys={})
    given = parameters(node, shape, words)
    try:
        return shape(**given)
    except ValueError as error:
        raise node.fail(str(error)) from None


def keys(shape: type[Any]) -> tuple[str, ...]:
    """The keys that a record is written with: the names of its fields, `for` for `for_`."""
    return tuple(_key(each) for each in _fields(shape))


def parameters(node: Node, shape: type[Any], words: Words) -> dict[str, Any]:
    """Those fields of a record that a mapping sets; raises NotUnderstood for too many and too few."""
    given = mapping(node, keys(shape))
    for each in _fields(shape):
        if _is_required(each) and _key(each) not in given:
            raise node.fail(f'"{_key(each)}" is missing')
    wanted = markers(shape)
    set_here = [(each.name, given[_key(each)]) for each in _fields(shape) if _key(each) in given]
    return {name: _value(value, wanted[name], words) for name, value in set_here}


def markers(shape: type[Any]) -> dict[str, Any]:
    """What the annotation of each field says of its kind, None where it says nothing: it takes text.

    A field that may be None is of the kind that it else is.
    """
    hints = get_type_hints(shape, include_extras=True)
    return {each.name: _marker(hints[each.name]) for each in _fields(shape)}


def mapping(node: Node, known: Iterable[str]) -> dict[str, Node]:
    """The members of a mapping, whose keys have to be known ones; raises NotUnderstood."""
    known = tuple(known)
    if not isinstance(node.value, dict):
        raise node.fail(f"a mapping is expected here, with {_listed(known)}")
    for key in node.keys.values():
        chosen(key, known, "key")
    return dict(node.value)


def sequence(node: Node) -> list[Node]:
    """The items of a list; raises NotUnderstood."""
    if not isinstance(node.value, list):
        raise node.fail("a list is expected here: begin each item with a dash")
    return list(node.value)


def chosen(node: Node, words: Iterable[str], what: str) -> str:
    """The word, which has to be one of `words`; raises NotUnderstood with the closest one, or all."""
    words = tuple(words)
    if isinstance(node.value, str) and node.value in words:
        return node.value
    hint = closest(_shown(node), words) or f"; known: {_listed(words)}"
    raise node.fail(f'unknown {what} "{_shown(node)}"{hint}')


def text(node: Node) -> str:
    """A text that is not empty; raises NotUnderstood."""
    if not isinstance(node.value, str) or not node.value.strip():
        raise node.fail("text is expected here")
    return node.value.strip()


def whole_number(node: Node, *, least: int) -> int:
    """An integer that is not too small; raises NotUnderstood."""
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        raise node.fail(f"a whole number is expected here, not {_shown(node)}")
    if node.value < least:
        raise node.fail(f"{node.value} is too small: the least is {least}")
    return node.value


def number(node: Node, *, least: float, most: float) -> float:
    """A number, whole or not, between two bounds; raises NotUnderstood."""
    if not isinstance(node.value, int | float) or isinstance(node.value, bool):
        raise node.fail(f"a number is expected here, not {_shown(node)}")
    if not least <= node.value <= most:
        raise node.fail(f"{node.value} is out of bounds: it lies between {least} and {most}")
    return float(node.value)


def _value(node: Node, marker: Any, words: Words) -> Any:
    match marker:
        case None:
            return text(node)
        case Kind.SECONDS:
            return _seconds(node)
        case Kind.CALLS:
            return _calls(node)
        case Kind.ERROR_STATUS:
            return _error_status(node)
        case Kind() as kind:
            return words.choose(node, kind)
        case OneOf(known):
            return chosen(node, known, "word")
        case Between(least, most):
            return number(node, least=least, most=most)
        case AtLeast(minimum):
            return whole_number(node, least=minimum)
    raise AssertionError(marker)


def _marker(hint: Any) -> Any:
    annotated = [each for each in (hint, *get_args(hint)) if get_origin(each) is Annotated]
    return get_args(annotated[0])[1] if annotated else None


def _seconds(node: Node) -> float:
    try:
        return seconds(_shown(node))
    except NoDuration as error:
        raise node.fail(str(error)) from None


def _calls(node: Node) -> Calls:
    try:
        return calls(_shown(node))
    except NoSpan as error:
        raise node.fail(str(error)) from None


def _error_status(node: Node) -> int:
    status = whole_number(node, least=0)
    if status not in _ERROR_STATUSES:
        raise node.fail(f"{status} is no error status of HTTP: take one from 400 to 599 that has a name")
    return status


def _key(each: Field[Any]) -> str:
    return each.name.removesuffix("_")


def _fields(shape: type[Any]) -> tuple[Field[Any], ...]:
    return fields(shape)


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _shown(node: Node) -> str:
    return next((name for kind, name in _NESTED.items() if isinstance(node.value, kind)), str(node.value))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
