"""Values that are similar to the statuses and log levels of the API page, but are not among them."""

from __future__ import annotations

from workerkit.contracts.page import lenient_spec

# Words that common libraries and APIs use, other spellings, and plurals.
_STATUSES_ELSEWHERE = (
    *("cancelled", "done", "error", "canceling", "complete", "success", "processing", "in_progress", "new"),
    *("paused", "retry"),
)
# A scripted step sends TRACE and WARNING.
_LEVELS_ELSEWHERE = ("FATAL", "CRITICAL", "NOTICE", "WARN2", "INFORMATION", "ERRORS")


def _without(known: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that are not known values. Upper and lower case make no difference."""
    lower = {value.lower() for value in known}
    return tuple(word for word in words if word.lower() not in lower)


SIMILAR_STATUSES = _without(lenient_spec.enum_values("TaskStatus"), _STATUSES_ELSEWHERE)
SIMILAR_LEVELS = _without(lenient_spec.enum_values("LogLevel"), _LEVELS_ELSEWHERE)
