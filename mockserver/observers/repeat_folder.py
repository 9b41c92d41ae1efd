"""Holds back lines of requests that repeat, so that a person can read what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workerkit.mockserver.observers.request_counter import RequestLine

_FIRST_SECONDS = 1.0
_MOST_SECONDS = 30.0


@dataclass(slots=True)
class _Repeats:
    """The repeats of one line.

    held: the repeats that were not returned yet, as one line. None if there were none.
    due: when they are returned, in seconds.
    seconds: how long repeats are held.
    """

    due: float
    seconds: float = _FIRST_SECONDS
    held: RequestLine | None = None


class RepeatFolder:
    """Returns a new line at once, and its repeats together as one line with their number.

    Repeats are held for one second. While they go on, they are held twice as long each time, up to 30
    seconds.
    """

    def __init__(self) -> None:
        self._repeats: dict[tuple[object, ...], _Repeats] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it remembers no line."""
        return not self._repeats

    def fold(self, lines: Iterable[RequestLine], now: float) -> list[RequestLine]:
        """Returns the lines to show now: held lines that are due, and those of `lines` that are new.

        now: the time in seconds. It never goes back.
        """
        new = [line for line in lines if self._is_new(line, now)]
        return [*self._take_due(now), *new]

    def take_held(self) -> list[RequestLine]:
        """Returns all lines that are held, and forgets everything."""
        held = [repeats.held for repeats in self._repeats.values() if repeats.held is not None]
        self._repeats.clear()
        return held

    def _is_new(self, line: RequestLine, now: float) -> bool:
        repeats = self._repeats.get(line.subject)
        if repeats is None:
            self._repeats[line.subject] = _Repeats(now + _FIRST_SECONDS)
            return True
        count = line.count + (repeats.held.count if repeats.held is not None else 0)
        repeats.held = replace(line, count=count)
        return False

    def _take_due(self, now: float) -> list[RequestLine]:
        due = {subject: repeats for subject, repeats in self._repeats.items() if repeats.due <= now}
        return [line for subject, repeats in due.items() if (line := self._take(subject, repeats, now))]

    def _take(self, subject: tuple[object, ...], repeats: _Repeats, now: float) -> RequestLine | None:
        """Returns the held line. If there is none, the line has stopped to repeat, and is forgotten."""
        line, repeats.held = repeats.held, None
        if line is None:
            del self._repeats[subject]
        repeats.seconds = min(2 * repeats.seconds, _MOST_SECONDS)
        repeats.due = now + repeats.seconds
        return line
