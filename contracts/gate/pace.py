"""The speed of a run: the pause between requests, and the waits after answers with status 429."""

from __future__ import annotations

from threading import Lock

from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.formats.http_date import read_http_date

# All waits after 429 together are at most this long, in seconds. A target that demands longer waits needs a
# lower --rate.
_MOST_WAITING = 30.0
_FIRST_WAIT = 1.0
_FIRST_GAP, _LAST_GAP = 0.05, 0.5


class Pace:
    """Limits the speed to `rate` requests per second, and slows down after each answer 429.

    Several threads may share it.
    """

    def __init__(self, rate: float | None, clock: RunClock) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._clock = clock
        self._next_at = clock.steady()
        self._next_wait = _FIRST_WAIT
        self._waiting_left = _MOST_WAITING
        self._lock = Lock()

    def wait_for_turn(self) -> None:
        """Waits until the next request may be sent."""
        with self._lock:
            now = self._clock.steady()
            turn = max(now, self._next_at)
            self._next_at = turn + self._gap
        if now < turn:
            self._clock.wait(turn - now)

    def wait_after_429(self, retry_after: str | None, until: float | None) -> str | None:
        """Waits before the same request is sent again. Returns None, or the reason why it did not wait.

        The wait is as long as the header Retry-After says. Without this header, each wait is twice as long as
        the previous wait. Every wait also makes the pause between later requests longer.

        There is no wait if all waits together would be too long, or if the wait would end after `until`.
        `until` is a time of the steady clock.
        """
        seconds = self._seconds(retry_after)
        if seconds > self._waiting_left:
            return f"it demands more than {_MOST_WAITING:g} s of waiting"
        if until is not None and self._clock.steady() + seconds >= until:
            return f"the time limit does not allow a wait of {seconds:g} s"
        self._waiting_left -= seconds
        self._gap = max(self._gap, min(_LAST_GAP, max(_FIRST_GAP, 2 * self._gap)))
        self._clock.wait(seconds)
        return None

    def _seconds(self, retry_after: str | None) -> float:
        text = (retry_after or "").strip()
        if text.isascii() and text.isdecimal():
            return max(_FIRST_WAIT, float(text[:9]))
        self._next_wait *= 2
        date = read_http_date(text)
        return self._next_wait / 2 if date is None else max(_FIRST_WAIT, date - self._clock.wall())
