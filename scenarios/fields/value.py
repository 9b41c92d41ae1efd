"""Reads a single value by its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.call_span import Calls, CallSpanError, parse_calls
from workerkit.scenarios.fields.duration import DurationError, parse_duration
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.yaml_checks import (
    display_node,
    read_list,
    read_mapping,
    read_number,
    read_text,
    read_whole_number,
    read_word,
)

# The mock sets these headers itself. To send a broken answer, a scenario uses a fault such as close-in-body.
FRAMING_HEADERS = (
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
)
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
ANSWER_STATUSES = tuple(status.value for status in HTTPStatus if status >= 200)
ERROR_STATUSES = tuple(status for status in ANSWER_STATUSES if status >= 400)


def read_value(node: Node, kind: Any, words: AllowedWords) -> Any:
    """Reads a value of this kind. If the kind is None, any text is accepted.

    Raises InvalidInputError for a value of another kind.
    """
    match kind:
        case None:
            return read_text(node)
        case ValueKind():
            return _READERS[kind](node, words) if kind in _READERS else words.choose(node, kind)
        case OneOrMore(word_kind):
            return _one_or_more(node, word_kind, words)
        case OneOf(known):
            return read_word(node, known, "word")
        case Between(minimum, maximum):
            return read_number(node, minimum=minimum, maximum=maximum)
        case AtLeast(minimum):
            return read_whole_number(node, minimum=minimum)
    raise AssertionError(kind)


def _one_or_more(node: Node, kind: ValueKind, words: AllowedWords) -> tuple[str, ...]:
    nodes = read_list(node) if isinstance(node.value, list) else [node]
    if not nodes:
        raise node.fail(f"the list is empty: name at least one {kind.value}")
    chosen_words: list[str] = []
    for item in nodes:
        word = words.choose(item, kind)
        if word in chosen_words:
            raise item.fail(f'"{word}" is in the list twice: keep one')
        chosen_words.append(word)
    return tuple(chosen_words)


def _seconds(node: Node, words: AllowedWords) -> float:
    try:
        return parse_duration(display_node(node))
    except DurationError as error:
        raise node.fail(str(error)) from None


def _calls(node: Node, words: AllowedWords) -> Calls:
    try:
        return parse_calls(display_node(node))
    except CallSpanError as error:
        raise node.fail(str(error)) from None


def _timestamp(node: Node, words: AllowedWords) -> float:
    try:
        return read_time(read_text(node))
    except (ValueError, OverflowError):
        raise node.fail(
            f"{display_node(node)!r} is not a time: write one such as 2025-12-01T10:00:00Z"
        ) from None


def _error_status(node: Node, words: AllowedWords) -> int:
    status = read_whole_number(node, minimum=0)
    if status not in ERROR_STATUSES:
        raise node.fail(
            f"{status} is not an error status of HTTP: take one from 400 to 599 that HTTP defines"
        )
    return status


def _answer_status(node: Node, words: AllowedWords) -> int:
    status = read_whole_number(node, minimum=0)
    if status not in ANSWER_STATUSES:
        raise node.fail(f"{status} is not a status of an answer: take one from 200 to 599 that HTTP defines")
    return status


def _headers(node: Node, words: AllowedWords) -> dict[str, str]:
    if not isinstance(node.value, dict):
        raise node.fail('a mapping from header names to texts is expected here, as in Retry-After: "1"')
    headers: dict[str, str] = {}
    for name, value in node.value.items():
        if not HEADER_NAME.fullmatch(name):
            raise node.keys[name].fail(f"{name!r} is not a name of a header")
        if name.lower() in FRAMING_HEADERS:
            raise node.keys[name].fail(f"the mock sets {name} itself: leave it out")
        if not HEADER_VALUE.fullmatch(read_text(value)):
            raise value.fail(f"{name}: the value of a header must be printable ASCII on one line")
        headers[name.lower()] = read_text(value)
    return headers


def _query(node: Node, words: AllowedWords) -> dict[str, str]:
    if not isinstance(node.value, dict) or not node.value:
        raise node.fail('a mapping from parameters to values is expected here, as in page: "2"')
    return {name: str(_scalar(value)) for name, value in node.value.items()}


def _scalar(node: Node) -> str | int:
    if isinstance(node.value, bool) or not isinstance(node.value, str | int):
        raise node.fail("text or a whole number is expected here")
    return node.value


def _task_fields(node: Node, words: AllowedWords) -> dict[str, Any]:
    given = read_mapping(node, words.by_kind[ValueKind.TASK_FIELDS])
    if not given:
        raise node.fail("name at least one field of the task, with its new value")
    for name, value in given.items():
        words.check_task_field(name, value)
    return {name: value.plain() for name, value in given.items()}


def _json(node: Node, words: AllowedWords) -> Any:
    return node.plain()


_READERS: dict[ValueKind, Callable[[Node, AllowedWords], Any]] = {
    ValueKind.SECONDS: _seconds,
    ValueKind.TIME: _timestamp,
    ValueKind.CALLS: _calls,
    ValueKind.ERROR_STATUS: _error_status,
    ValueKind.STATUS: _answer_status,
    ValueKind.HEADERS: _headers,
    ValueKind.QUERY: _query,
    ValueKind.TASK_FIELDS: _task_fields,
    ValueKind.JSON: _json,
}
