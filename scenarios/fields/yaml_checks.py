"""Reads single texts, numbers, mappings and lists. Each error names the place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workerkit.openapi.formats.yaml_nodes import Node, did_you_mean

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_CONTAINERS = {dict: "a mapping", list: "a list"}


def read_mapping(node: Node, known: Iterable[str]) -> dict[str, Node]:
    """The members of a mapping. Raises InvalidInputError for a key that is not in `known`."""
    known = tuple(known)
    if not isinstance(node.value, dict):
        raise node.fail(f"a mapping is expected here, with {_listed(known)}")
    for key in node.keys.values():
        read_word(key, known, "key")
    return dict(node.value)


def read_list(node: Node) -> list[Node]:
    """The items of a list. Raises InvalidInputError if the value is not a list."""
    if not isinstance(node.value, list):
        raise node.fail("a list is expected here: begin each item with a dash")
    return list(node.value)


def read_word(node: Node, words: Iterable[str], noun: str) -> str:
    """A value that has to be one of `words`.

    Raises InvalidInputError for any other value. `noun` is the word for the value in the message.
    The message names the closest of the words, or all words if none is close.
    """
    words = tuple(words)
    if isinstance(node.value, str) and node.value in words:
        return node.value
    hint = did_you_mean(display_node(node), words) or f"; known: {_listed(words)}"
    raise node.fail(f'unknown {noun} "{display_node(node)}"{hint}')


def read_text(node: Node) -> str:
    """A text, without spaces around it. Raises InvalidInputError if it is empty."""
    if not isinstance(node.value, str) or not node.value.strip():
        raise node.fail("text is expected here")
    return node.value.strip()


def read_whole_number(node: Node, *, minimum: int) -> int:
    """An integer. Raises InvalidInputError if it is below `minimum`."""
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        raise node.fail(f"a whole number is expected here, not {_not_a_number(node)}")
    if node.value < minimum:
        raise node.fail(f"{node.value} is too small: the smallest number allowed is {minimum}")
    return node.value


def read_number(node: Node, *, minimum: float, maximum: float) -> float:
    """An integer or a float. Raises InvalidInputError if it is below `minimum` or above `maximum`."""
    if not isinstance(node.value, int | float) or isinstance(node.value, bool):
        raise node.fail(f"a number is expected here, not {_not_a_number(node)}")
    if not minimum <= node.value <= maximum:
        raise node.fail(f"{node.value} is not allowed: write a number from {minimum} to {maximum}")
    return node.value


def _not_a_number(node: Node) -> str:
    """Describes a value that is not a number in a message. Says so if only its quotes are wrong."""
    if not isinstance(node.value, str):
        return display_node(node)
    hint = ": remove the quotes" if _NUMBER.fullmatch(node.value) else ""
    return f'the text "{node.value}"{hint}'


def display_node(node: Node) -> str:
    """Describes a value in a message: a scalar by its text, a mapping as `a mapping`, a list as `a list`."""
    containers = (name for kind, name in _CONTAINERS.items() if isinstance(node.value, kind))
    if node.value is None or isinstance(node.value, bool):
        return {None: "null", True: "true", False: "false"}[node.value]
    return next(containers, str(node.value))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
