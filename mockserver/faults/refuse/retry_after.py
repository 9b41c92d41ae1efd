"""The value of the header Retry-After, for the faults that send it."""

from __future__ import annotations

from workerkit.openapi.formats.http_date import http_date_text


def retry_after_text(seconds: int, form: str, *, now: float) -> str:
    """Returns the value of Retry-After.

    form: `seconds`, or `date` for the date after these seconds.
    now: the time of the world's clock, in seconds since 1970.
    """
    return http_date_text(now + seconds) if form == "date" else str(seconds)
