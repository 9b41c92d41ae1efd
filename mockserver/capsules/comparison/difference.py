"""The first difference between a recorded exchange and its replay."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.languages.phrase import Phrase, joined, phrase
from workerkit.openapi.masking.mask import Mask

_MAX_TEXT_LENGTH = 200
_MASK = Mask((), salt=secrets.token_bytes(32))
# Values at these places are JSON. There, a text has quotes, so that "100" and 100 look different.
_JSON_PLACES = ("answer/", "request/body/")
# The value of a missing field. No JSON value is equal to it.
MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference between a recorded exchange and its replay.

    number: the number of the exchange.
    operation: the operationId of the request; None if it belongs to no operation.
    request: the method, path and query of the request.
    place: the part of the exchange that differs, for example `answer/data/0/status`.
    recorded: the recorded value, as text.
    now: the new value, as text.
    task: the id of the task that is missing in a list, or that is there but should not be; otherwise empty.
    last: the number of the last exchange that the difference depends on. It is larger than `number` if a
        later exchange shows that the answer was wrong.
    why: sentences that name the exchanges which contradict each other. Empty if one exchange is enough.
    """

    number: int
    operation: str | None
    request: str
    place: str
    recorded: str
    now: str
    task: str = ""
    last: int = 0
    why: str = ""

    @property
    def kind(self) -> tuple[str | None, str]:
        """The operation, and the place without list indices. Equal for differences with the same cause."""
        return self.operation, re.sub(r"/\d+", "/*", self.place)

    @property
    def end(self) -> int:
        """The number of the last exchange that the difference depends on."""
        return max(self.number, self.last)

    def is_like(self, other: Difference | None) -> bool:
        """Whether both are the same difference, perhaps at exchanges with other numbers.

        The operation, the place and both values must be equal.
        """
        return other is not None and self._values == other._values

    @property
    def _values(self) -> tuple[str | None, str, str, str]:
        return self.operation, self.place, self.recorded, self.now

    @property
    def text(self) -> str:
        """The difference for people, in one line."""
        line = phrase(
            "exchange {number} ({request}), {place}: recorded {recorded}, now {now}",
            number=self.number,
            request=self.request,
            place=self.place,
            recorded=self.recorded,
            now=self.now,
        )
        return joined(". ", (line, self.why)) if self.why else line

    def __str__(self) -> str:
        return str(self.text)


def difference_at(exchange: Exchange, place: str, recorded: str, now: str, *, task: str = "") -> Difference:
    """A difference at a place of this exchange."""
    return Difference(exchange.number, exchange.operation, request_line(exchange), place, recorded, now, task)


def request_line(exchange: Exchange) -> str:
    """The method, path and query of a request for messages: `GET /api/v1/worker/tasks?limit=5`."""
    query = f"?{exchange.query}" if exchange.query else ""
    return f"{exchange.method} {exchange.path}{query}"


def display(place: str, value: Any) -> str:
    """A value for messages, without secrets. `place` is the place of the value in its exchange.

    A phrase, for example `3 items`, has no quotes.
    """
    return _shortened(_displayed(place, value), 0)


def display_both(place: str, recorded: Any, now: Any) -> tuple[str, str]:
    """Two different values for messages, as of `display`. Of long texts the parts that differ are shown."""
    texts = _displayed(place, recorded), _displayed(place, now)
    same = takewhile(lambda letters: letters[0] == letters[1], zip(*texts, strict=False))
    begin = max(0, sum(1 for _ in same) - _MAX_TEXT_LENGTH // 2)
    return _shortened(texts[0], begin), _shortened(texts[1], begin)


def _displayed(place: str, value: Any) -> str:
    if value is MISSING:
        return phrase("nothing")
    has_quotes = place.startswith(_JSON_PLACES) and not isinstance(value, bytes | Phrase)
    if isinstance(value, bytes):
        value = _MASK.body(value)
    value = _MASK.value_in_fields(place.split("/"), value)
    return value if value and isinstance(value, str) and not has_quotes else render(value).decode()


def _shortened(text: str, begin: int) -> str:
    """The part of a long text that begins at `begin`."""
    if len(text) <= _MAX_TEXT_LENGTH:
        return text
    end = begin + _MAX_TEXT_LENGTH
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
