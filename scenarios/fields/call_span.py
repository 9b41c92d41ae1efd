"""Spans of calls, as people write them: `4`, `3..7`, `3..` or `..7`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workerkit.openapi.errors import WorkerkitError

_FORM = re.compile(r"(?P<first>\d{1,9})?(?P<dots>\.\.)?(?P<last>\d{1,9})?", re.ASCII)


class CallSpanError(WorkerkitError, ValueError):
    """The text is not a span of calls. The message shows examples."""


@dataclass(frozen=True, slots=True)
class Calls:
    """A span of calls. Call numbers begin at 1.

    first: the number of the first call of the span.
    last: the number of the last call of the span. None if the span has no end.
    """

    first: int = 1
    last: int | None = None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}..{'' if self.last is None else self.last}"


def parse_calls(text: str) -> Calls:
    """Reads a span such as `3..7`. Raises CallSpanError for any other text and for an empty span."""
    found = _FORM.fullmatch(text.strip())
    if found is None or (found["first"] or found["last"]) is None:
        raise CallSpanError(f"{text!r} is not a span of calls: write 4, 3..7, 3.. or ..7")
    first = int(found["first"] or 1)
    last = int(found["last"]) if found["last"] else None if found["dots"] else first
    if first < 1 or (last is not None and last < first):
        raise CallSpanError(
            f"{text!r} has no call in it: calls begin at 1, and the smaller number comes first"
        )
    return Calls(first, last)
