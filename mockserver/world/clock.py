"""The clock of a world: every time that a world speaks of comes from it."""

from __future__ import annotations

import time
from collections.abc import Callable

Timer = Callable[[], float]
LATEST = 253_402_300_799.0  # the last second of the year 9999, beyond which no time can be written


class Clock:
    """Seconds since 1970. It stands at `begin` until it is first read and runs with `timer` from then on.

    Standing still until the first reading is what gives two worlds of one seed the same times for the same
    requests, however long the one or the other waited for them.
    """

    def __init__(self, begin: float, timer: Timer = time.monotonic) -> None:
        self.begin = begin
        self._timer = timer
        self._at = begin
        self._since: float | None = None
        self._frozen = False

    def now(self) -> float:
        """The world's time, in seconds since 1970."""
        if self._frozen:
            return self._at
        if self._since is None:
            self._since = self._timer()
        at = self._at + (self._timer() - self._since)
        return at if at < LATEST else LATEST

    def glance(self) -> float:
        """The world's time, without starting a clock that nobody has read yet."""
        return self._at if self._since is None else self.now()

    @property
    def is_frozen(self) -> bool:
        """Whether it was stopped for good."""
        return self._frozen

    def another(self, begin: float, *, at: float, frozen: bool) -> Clock:
        """A clock with the same timer that stands at a time: until it is first read, or for good."""
        clock = Clock(_check(begin), self._timer)
        clock._at = _check(at)
        clock._frozen = frozen
        return clock

    def advance(self, seconds: float) -> None:
        """Moves the clock forward; one that stands stays standing. Raises ValueError beyond the year 9999."""
        stands = self._frozen or self._since is None
        _check((self._at if stands else self.now()) + seconds)
        self._at += seconds

    def freeze(self, at: float) -> None:
        """Stops the clock at a time in seconds since 1970; raises ValueError outside 1970 to 9999."""
        self._at = _check(at)
        self._frozen = True


def _check(at: float) -> float:
    if not 0 <= at <= LATEST:
        raise ValueError("a world's time lies between the years 1970 and 9999")
    return at
