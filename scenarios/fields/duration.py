"""Lengths of time as people write them: `500ms`, `0.5s`, `2m`."""

from __future__ import annotations

import re

from workerkit.openapi.errors import WorkerkitError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)", re.ASCII)


class DurationError(WorkerkitError, ValueError):
    """The text is no length of time; the message shows the form."""


def seconds(text: str) -> float:
    """The seconds of a length of time with its unit: ms, s, m or h. Raises NoDuration for anything else."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise DurationError(
            f"{text!r} is no length of time: write a number and its unit, as in 500ms, 1.5s or 2m"
        )
    return float(match[1]) * _UNITS[match[2]]


def written(length: float) -> str:
    """A length of time in seconds as text that `seconds` reads: `1.5s`."""
    digits = f"{length:.9f}".rstrip("0").rstrip(".")
    return f"{digits}s"
