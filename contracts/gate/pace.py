"""How fast requests follow each other, and the patience of a run with a target that has had enough."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from workerkit.contracts.target.run_clock import RunClock

# All waits together: a target that asks for more has to be tested more slowly.
_PATIENCE = 30.0
_FIRST_WAIT = 1.0
_FIRST_GAP, _LAST_GAP = 0.05, 0.5


class Pace:
    """At most `rate` requests a second, and a wait for each answer 429, of which it takes a few only."""

    def __init__(self, rate: float | None, clock: RunClock) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._clock = clock
        self._next_at = clock.steady()
        self._next_wait = _FIRST_WAIT
        self._patience = _PATIENCE

    def keep(self) -> None:
        """Returns when the next request is due."""
        now = self._clock.steady()
        if now < self._next_at:
            self._clock.wait(self._next_at - now)
        self._next_at = max(now, self._next_at) + self._gap

    def wait_as_told(self, retry_after: str | None, until: float | None) -> str | None:
        """Waits as long as a Retry-After says, or each time longer where there is none, and is slower then.

        Where that is more than is left of its patience, or goes beyond the steady time `until`, it does not
        wait, and gives back why.
        """
        seconds = self._seconds(retry_after)
        if seconds > self._patience:
            return f"and {_PATIENCE:g} s of waiting are not enough"
        if until is not None and self._clock.steady() + seconds >= until:
            return f"and a wait of {seconds:g} s is more than is left"
        self._patience -= seconds
        self._gap = max(self._gap, min(_LAST_GAP, max(_FIRST_GAP, 2 * self._gap)))
        self._clock.wait(seconds)
        return None

    def _seconds(self, retry_after: str | None) -> float:
        text = (retry_after or "").strip()
        if text.isascii() and text.isdecimal():
            return max(_FIRST_WAIT, float(text[:9]))
        self._next_wait *= 2
        try:
            return max(_FIRST_WAIT, parsedate_to_datetime(text).timestamp() - self._clock.wall())
        except (ValueError, OverflowError):
            return self._next_wait / 2
