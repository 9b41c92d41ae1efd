"""The dates of HTTP headers, such as `Mon, 01 Dec 2025 10:00:00 GMT`."""

from __future__ import annotations

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from math import ceil


def http_date_text(at: float) -> str:
    """A time in seconds since 1970 as a date of HTTP. Parts of a second are rounded up."""
    return formatdate(ceil(at), usegmt=True)


def read_http_date(text: str) -> float | None:
    """The time of a date of HTTP, in seconds since 1970. None if the text is not a date."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
