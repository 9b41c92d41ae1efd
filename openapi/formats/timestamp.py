"""The times that the API writes and reads. Inside the kit a time is a float: seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from math import floor

TimeWriter = Callable[[float], str]
_VIETNAM = timezone(timedelta(hours=7))
_LATEST_IN_VIETNAM = datetime(9999, 12, 31, 23, 59, 59, tzinfo=_VIETNAM).timestamp()
# The forms of a time that servers write.
TIME_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def time_text(at: float) -> str:
    """A time in whole seconds and UTC: `2025-12-01T10:00:00Z`."""
    return _time_text_of_second(floor(at))


@lru_cache(maxsize=1024)
def _time_text_of_second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_text_in_milliseconds(at: float) -> str:
    """A time with three decimals and in UTC: `2025-12-01T10:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time_text_in_microseconds(at: float) -> str:
    """A time with six decimals and in UTC: `2025-12-01T10:00:00.000000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_text_with_offset(at: float) -> str:
    """A time in whole seconds with the offset of Vietnam: `2025-12-01T17:00:00+07:00`."""
    return datetime.fromtimestamp(min(at, _LATEST_IN_VIETNAM), _VIETNAM).isoformat(timespec="seconds")


# The writers of the values of the silence time-precision.
TIME_WRITERS: Mapping[str, TimeWriter] = {
    "seconds": time_text,
    "milliseconds": time_text_in_milliseconds,
    "microseconds": _time_text_in_microseconds,
    "offset": _time_text_with_offset,
}


def read_time(text: str) -> float:
    """Seconds since 1970, from an ISO 8601 time with a time zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it in Z")
    return moment.timestamp()
