"""Times as the API writes and reads them. Inside the kit a time is a float: seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import floor

Writer = Callable[[float], str]
# A text that is a time, as servers write them.
WRITTEN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def written(at: float) -> str:
    """A time as the API writes it, in whole seconds of UTC: `2025-12-01T10:00:00Z`."""
    return _written_second(floor(at))


@lru_cache(maxsize=1024)
def _written_second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written_in_milliseconds(at: float) -> str:
    """A time with three decimals: `2025-12-01T10:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


WRITERS: Mapping[str, Writer] = {"seconds": written, "milliseconds": written_in_milliseconds}


def read_time(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time with its zone. Raises ValueError, saying what is wrong."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it in Z")
    return moment.timestamp()
