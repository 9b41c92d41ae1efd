"""Simple YAML without anchors, aliases and tags. Every value has its file, line and column."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.yaml_syntax import explained_syntax_error
from workerkit.openapi.languages.phrase import phrase

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
_MAX_LEVELS = 100


class _Loader(yaml.CSafeLoader):
    """Reads scalars by the rules of YAML 1.2: `on`, `yes`, `12:30` and dates are text, `010` is ten."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _first, _pattern in _PLAIN_SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern.pattern})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


class InvalidInputError(UsageError, ValueError):
    """A file has wrong content. The message begins with FILE:LINE:COLUMN."""


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value and its place in a file.

    value: a scalar, a list of nodes, or a mapping from key to node.
    name: the name of the file.
    line: the line number, from 1.
    column: the column number, from 1.
    keys: the nodes of the keys of a mapping.
    """

    value: Any
    name: str
    line: int
    column: int
    keys: dict[str, Node] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value as plain Python data, without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def fail(self, message: str) -> InvalidInputError:
        """Returns an error about this value, for the caller to raise: `FILE:LINE:COLUMN: message`."""
        return InvalidInputError(f"{self.name}:{self.line}:{self.column}: {message}")


def load(text: str, *, name: str) -> Node:
    """Parses a YAML text with one document. `name` is the file name for messages.

    Raises InvalidInputError for bad syntax, an empty text, more than one document, aliases, anchors, tags,
    repeated keys, keys that are not text, and numbers that do not fit into a double.
    """
    try:
        _reject_unsupported(text, name)
        document = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise InvalidInputError(f"{name}:{explained_syntax_error(error, text)}") from None
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode()
        raise _error_after(name, before, f"the character U+{error.character:04X} is not allowed") from None
    except UnicodeEncodeError as error:
        raise _error_after(name, text[: error.start], "half of a surrogate pair is not a character") from None
    if document is None:
        raise InvalidInputError(f"{name}:1:1: the file is empty")
    return _node(document, name)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A hint for a mistyped word: ` (did you mean "X"?)`. Empty if no word is similar."""
    similar = difflib.get_close_matches(word, list(words), n=1)
    return phrase(' (did you mean "{word}"?)', word=similar[0]) if similar else ""


def _reject_unsupported(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error_at(
                name, event.start_mark, "anchors and aliases are not allowed: write the value itself"
            )
        if tag := getattr(event, "tag", None):
            raise _error_at(name, event.start_mark, f"the tag {tag} is not allowed: write a plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_LEVELS:
            raise _error_at(name, event.start_mark, f"more than {_MAX_LEVELS} levels")


def _error_at(name: str, mark: Any, message: str) -> InvalidInputError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return InvalidInputError(f"{name}:{line}:{column}: {message}")


def _error_after(name: str, text_before: str, message: str) -> InvalidInputError:
    lines = text_before.split("\n")
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
            raise key.fail(f"a key must be text, not {key.plain()!r}: put it in quotes")
        if key.value in values:
            raise key.fail(f'the key "{key.value}" is given twice: remove one')
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
        raise _error_at(name, source.start_mark, f"{text[:40]!r} is not a number: {error}") from None
    if number in (math.inf, -math.inf):
        raise _error_at(name, source.start_mark, f"{text[:40]!r} is too large for a double")
    return number
