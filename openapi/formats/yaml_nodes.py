"""YAML as people write it by hand: every value knows its file, line and column; nothing clever is read."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from workerkit.openapi.errors import UsageError

_PLAIN_SCALARS = (
    ("tag:yaml.org,2002:null", "~nN", re.compile(r"~|null|Null|NULL")),
    ("tag:yaml.org,2002:bool", "tTfF", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("tag:yaml.org,2002:int", "-+0123456789", re.compile(r"[-+]?[0-9]+")),
    (
        "tag:yaml.org,2002:float",
        "-+.0123456789",
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ),
)
_DEEPEST = 100


class _Loader(yaml.CSafeLoader):
    """Reads scalars as YAML 1.2 does: `on`, `yes`, `12:30` and dates are text, `010` is ten."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _first, _pattern in _PLAIN_SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern.pattern})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


class InvalidInputError(UsageError, ValueError):
    """A file says what the reader does not understand; the text begins with FILE:LINE:COLUMN."""


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value and its place. `value` is a scalar, a list of nodes, or a mapping from key to node."""

    value: Any
    name: str
    line: int
    column: int
    keys: dict[str, Node] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value as plain Python, without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def fail(self, message: str) -> InvalidInputError:
        """The error to raise about this value: `FILE:LINE:COLUMN: message`."""
        return InvalidInputError(f"{self.name}:{self.line}:{self.column}: {message}")


def load(text: str, *, name: str) -> Node:
    """The one document in a YAML text; `name` is the file's name for messages.

    Raises NotUnderstood for bad syntax, aliases, anchors, tags, doubled keys, keys that are no strings,
    numbers beyond a double, an empty text or more than one document.
    """
    try:
        _refuse_references(text, name)
        document = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _at(name, error.problem_mark or error.context_mark, error.problem or "no YAML") from None
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode()
        raise _after(name, before, f"the character U+{error.character:04X} is not read here") from None
    except UnicodeEncodeError as error:
        raise _after(name, text[: error.start], "half of a surrogate pair is no character") from None
    if document is None:
        raise InvalidInputError(f"{name}:1:1: the file is empty")
    return _node(document, name)


def closest(word: str, words: Iterable[str]) -> str:
    """A hint for a mistyped word: ` (did you mean "X"?)`, or nothing where no word is near."""
    near = difflib.get_close_matches(word, list(words), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _refuse_references(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _at(name, event.start_mark, "anchors and aliases are not read here: write the value out")
        if tag := getattr(event, "tag", None):
            raise _at(name, event.start_mark, f"the tag {tag} is not read here: write a plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _at(name, event.start_mark, f"more than {_DEEPEST} levels")


def _at(name: str, mark: Any, message: str) -> InvalidInputError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return InvalidInputError(f"{name}:{line}:{column}: {message}")


def _after(name: str, before: str, message: str) -> InvalidInputError:
    lines = before.split("\n")
    return InvalidInputError(f"{name}:{len(lines)}:{len(lines[-1]) + 1}: {message}")


def _node(source: yaml.Node, name: str) -> Node:
    place = (name, source.start_mark.line + 1, source.start_mark.column + 1)
    if isinstance(source, yaml.MappingNode):
        return _mapping(source, place)
    if isinstance(source, yaml.SequenceNode):
        return Node([_node(item, name) for item in source.value], *place)
    return Node(_scalar(source, name), *place)


def _mapping(source: yaml.MappingNode, place: tuple[str, int, int]) -> Node:
    values: dict[str, Node] = {}
    keys: dict[str, Node] = {}
    for key_source, value_source in source.value:
        key = _node(key_source, place[0])
        if not isinstance(key.value, str):
            raise key.fail(f"a key has to be text, not {key.plain()!r}: put it in quotes")
        if key.value in values:
            raise key.fail(f'"{key.value}" stands here twice: keep one')
        keys[key.value] = key
        values[key.value] = _node(value_source, place[0])
    return Node(values, *place, keys)


def _scalar(source: yaml.Node, name: str) -> Any:
    text = str(source.value)
    match source.tag.removeprefix("tag:yaml.org,2002:"):
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(int, text, source, name)
        case "float":
            return _number(float, text, source, name)
    raise AssertionError(source.tag)


def _number(kind: type[int] | type[float], text: str, source: yaml.Node, name: str) -> int | float:
    try:
        number = kind(text)
    except ValueError as error:
        raise _at(name, source.start_mark, f"{text[:40]!r} is no number: {error}") from None
    if number in (math.inf, -math.inf):
        raise _at(name, source.start_mark, f"{text[:40]!r} is beyond what a double holds")
    return number
