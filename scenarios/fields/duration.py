"""Durations as people write them: `500ms`, `0.5s`, `2m`."""

from __future__ import annotations

import re

from workerkit.openapi.errors import WorkerkitError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)", re.ASCII)


class DurationError(WorkerkitError, ValueError):
    """The text is not a duration. The message shows examples."""


def parse_duration(text: str) -> float:
    """The seconds of a duration such as `2m` (units: ms, s, m, h). Raises DurationError for other texts."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise DurationError(
            f"{text!r} is not a duration: write a number and its unit, as in 500ms, 1.5s or 2m"
        )
    return float(match[1]) * _UNITS[match[2]]


def duration_text(seconds: float) -> str:
    """A duration as text that `parse_duration` reads: `1.5s`."""
    digits = f"{seconds:.9f}".rstrip("0").rstrip(".")
    return f"{digits}s"
