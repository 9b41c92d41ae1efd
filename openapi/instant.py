"""Times as the API writes and reads them. Inside the kit a time is a float: seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def written(at: float) -> str:
    """A time as the API writes it, in whole seconds of UTC: `2025-12-01T10:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time with its zone. Raises ValueError, saying what is wrong."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it in Z")
    return moment.timestamp()
