"""Compares messages of findings: two messages that differ only in values have the same pattern."""

from __future__ import annotations

import re

from workerkit.openapi.spec.api import worker_api

_VALUE = "•"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_FIELD = rf"{_TEXT}\s*:"
_EXCHANGE = r"\bexchanges? \d+ \([^()]*\)"
_ID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F-]{36}"
_STATUSES = "|".join(worker_api().enumeration("TaskStatus"))
_FIELD_OR_VALUE = re.compile(
    rf"({_FIELD})|{_EXCHANGE}|{_ID}|\d+(?:\.\d+)?|\b(?:{_STATUSES})\b|'[^']*'|{_TEXT}", re.IGNORECASE
)
_LIST_OF_VALUES = re.compile(rf"{_VALUE}(?:(?:, ?| ){_VALUE})*(?:, \.\.\.)?")


def message_pattern(message: str) -> str:
    """Returns the message without its values.

    Values are ids, numbers, task statuses, exchanges and quoted texts. The quoted names of JSON fields stay.
    A list of values counts as one value.
    """
    return _LIST_OF_VALUES.sub(_VALUE, _FIELD_OR_VALUE.sub(lambda match: match[1] or _VALUE, message))
