"""Reads a record (a frozen dataclass) from YAML, by the annotations of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workerkit.openapi.yamlsource import Node, closest
from workerkit.scenarios.duration import NoDuration, seconds
from workerkit.scenarios.kinds import Kind, OneOf

Record = TypeVar("Record")
_NESTED = {dict: "a mapping", list: "a list"}


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a kind of value is chosen from."""

    of: Mapping[Kind, tuple[str, ...]]

    def choose(self, node: Node, kind: Kind) -> str:
        """The word, which has to be one of its kind; raises NotUnderstood."""
        return chosen(node, self.of[kind], kind.value)


def record(node: Node, shape: type[Record], words: Words) -> Record:
    """The record that a mapping describes; raises NotUnderstood. A field without a kind takes text.

    Where only the first field is required, its value may stand alone: `revoke-key: server-01`.
    """
    if not isinstance(node.value, dict) and not any(map(_is_required, _fields(shape)[1:])):
        node = Node({_fields(shape)[0].name: node}, node.name, node.line, node.column)
    return shape(**parameters(node, shape, words))


def parameters(node: Node, shape: type[Any], words: Words) -> dict[str, Any]:
    """Those fields of a record that a mapping sets; raises NotUnderstood for too many and too few."""
    given = mapping(node, [each.name for each in _fields(shape)])
    for each in _fields(shape):
        if _is_required(each) and each.name not in given:
            raise node.fail(f'"{each.name}" is missing')
    hints = get_type_hints(shape, include_extras=True)
    return {name: _value(value, hints[name], words) for name, value in given.items()}


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


def _value(node: Node, hint: Any, words: Words) -> Any:
    if get_origin(hint) is not Annotated:
        return text(node)
    marker = get_args(hint)[1]
    if marker is Kind.SECONDS:
        return _seconds(node)
    if isinstance(marker, Kind):
        return words.choose(node, marker)
    if isinstance(marker, OneOf):
        return chosen(node, marker.words, "word")
    return whole_number(node, least=marker.minimum)


def _seconds(node: Node) -> float:
    try:
        return seconds(str(node.value))
    except NoDuration as error:
        raise node.fail(str(error)) from None


def _fields(shape: type[Any]) -> tuple[Field[Any], ...]:
    return fields(shape)


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _shown(node: Node) -> str:
    return next((name for kind, name in _NESTED.items() if isinstance(node.value, kind)), str(node.value))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
