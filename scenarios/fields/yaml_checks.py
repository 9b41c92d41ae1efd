"""Reads the parts that every record is made of: texts, numbers, mappings and lists, each with its place."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.openapi.formats.yaml_nodes import Node, closest

_NESTED = {dict: "a mapping", list: "a list"}


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
    hint = closest(display(node), words) or f"; known: {_listed(words)}"
    raise node.fail(f'unknown {what} "{display(node)}"{hint}')


def text(node: Node) -> str:
    """A text that is not empty; raises NotUnderstood."""
    if not isinstance(node.value, str) or not node.value.strip():
        raise node.fail("text is expected here")
    return node.value.strip()


def whole_number(node: Node, *, least: int) -> int:
    """An integer that is not too small; raises NotUnderstood."""
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        raise node.fail(f"a whole number is expected here, not {display(node)}")
    if node.value < least:
        raise node.fail(f"{node.value} is too small: the least is {least}")
    return node.value


def number(node: Node, *, least: float, most: float) -> float:
    """A number, whole or not, between two bounds; raises NotUnderstood."""
    if not isinstance(node.value, int | float) or isinstance(node.value, bool):
        raise node.fail(f"a number is expected here, not {display(node)}")
    if not least <= node.value <= most:
        raise node.fail(f"{node.value} is out of bounds: it lies between {least} and {most}")
    return node.value


def display(node: Node) -> str:
    """A value as messages show it: a scalar as it is, anything else by what it is."""
    return next((name for kind, name in _NESTED.items() if isinstance(node.value, kind)), str(node.value))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
