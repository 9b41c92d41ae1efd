"""Reads a single value by its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.call_span import Calls, CallSpanError, calls
from workerkit.scenarios.fields.duration import DurationError, seconds
from workerkit.scenarios.fields.kinds import AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.fields.yaml_checks import (
    chosen,
    display,
    mapping,
    number,
    sequence,
    text,
    whole_number,
)

# What the connection needs is the mock's own affair: a wrong length or framing is what faults are for.
FRAMING = ("connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te", "trailer")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
ANSWER_STATUSES = tuple(status.value for status in HTTPStatus if status >= 200)
ERROR_STATUSES = tuple(status for status in ANSWER_STATUSES if status >= 400)


def leaf(node: Node, marker: Any, words: Words) -> Any:
    """The value that a field with this marker in its annotation takes; raises NotUnderstood.

    A field without a marker takes text.
    """
    match marker:
        case None:
            return text(node)
        case ValueKind() as kind:
            return _READERS[kind](node, words) if kind in _READERS else words.choose(node, kind)
        case OneOrMore(kind):
            return _one_or_more(node, kind, words)
        case OneOf(known):
            return chosen(node, known, "word")
        case Between(least, most):
            return number(node, least=least, most=most)
        case AtLeast(minimum):
            return whole_number(node, least=minimum)
    raise AssertionError(marker)


def _one_or_more(node: Node, kind: ValueKind, words: Words) -> tuple[str, ...]:
    nodes = sequence(node) if isinstance(node.value, list) else [node]
    if not nodes:
        raise node.fail(f"the list is empty: name at least one {kind.value}")
    chosen_words: list[str] = []
    for each in nodes:
        word = words.choose(each, kind)
        if word in chosen_words:
            raise each.fail(f'"{word}" stands in the list twice: keep one')
        chosen_words.append(word)
    return tuple(chosen_words)


def _seconds(node: Node, words: Words) -> float:
    try:
        return seconds(display(node))
    except DurationError as error:
        raise node.fail(str(error)) from None


def _calls(node: Node, words: Words) -> Calls:
    try:
        return calls(display(node))
    except CallSpanError as error:
        raise node.fail(str(error)) from None


def _moment(node: Node, words: Words) -> float:
    try:
        return read_time(text(node))
    except (ValueError, OverflowError):
        raise node.fail(f"{display(node)!r} is no moment: write it as in 2025-12-01T10:00:00Z") from None


def _error_status(node: Node, words: Words) -> int:
    status = whole_number(node, least=0)
    if status not in ERROR_STATUSES:
        raise node.fail(f"{status} is no error status of HTTP: take one from 400 to 599 that has a name")
    return status


def _answer_status(node: Node, words: Words) -> int:
    status = whole_number(node, least=0)
    if status not in ANSWER_STATUSES:
        raise node.fail(f"{status} is no status of an answer: take one from 200 to 599 that has a name")
    return status


def _headers(node: Node, words: Words) -> dict[str, str]:
    if not isinstance(node.value, dict):
        raise node.fail('a mapping from names to texts is expected here, as in Retry-After: "1"')
    headers: dict[str, str] = {}
    for name, value in node.value.items():
        if not HEADER_NAME.fullmatch(name):
            raise node.keys[name].fail(f"{name!r} is no name of a header")
        if name.lower() in FRAMING:
            raise node.keys[name].fail(f"the mock sets {name} itself: leave it out")
        if not HEADER_VALUE.fullmatch(text(value)):
            raise value.fail(f"{name}: a header takes printable ASCII on one line")
        headers[name.lower()] = text(value)
    return headers


def _query(node: Node, words: Words) -> dict[str, str]:
    if not isinstance(node.value, dict) or not node.value:
        raise node.fail('a mapping from parameters to values is expected here, as in page: "2"')
    return {name: str(_scalar(each)) for name, each in node.value.items()}


def _scalar(node: Node) -> str | int:
    if isinstance(node.value, bool) or not isinstance(node.value, str | int):
        raise node.fail("text or a whole number is expected here")
    return node.value


def _task_fields(node: Node, words: Words) -> dict[str, Any]:
    given = mapping(node, words.of[ValueKind.TASK_FIELDS])
    if not given:
        raise node.fail("name at least one field of the task, with its new value")
    for name, each in given.items():
        words.check_task_field(name, each)
    return {name: each.plain() for name, each in given.items()}


def _json(node: Node, words: Words) -> Any:
    return node.plain()


_READERS: dict[ValueKind, Callable[[Node, Words], Any]] = {
    ValueKind.SECONDS: _seconds,
    ValueKind.TIME: _moment,
    ValueKind.CALLS: _calls,
    ValueKind.ERROR_STATUS: _error_status,
    ValueKind.STATUS: _answer_status,
    ValueKind.HEADERS: _headers,
    ValueKind.QUERY: _query,
    ValueKind.TASK_FIELDS: _task_fields,
    ValueKind.JSON: _json,
}
