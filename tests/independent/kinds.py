"""Checks of the values in bodies ("Loại" on the API page)."""

from __future__ import annotations

import re
from collections.abc import Callable

Kind = Callable[[object], bool]

STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def text(value: object) -> bool:
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def status(value: object) -> bool:
    return value in STATUSES


def flag(value: object) -> bool:
    return isinstance(value, bool)


def number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: object) -> bool:
    return number(value) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None
