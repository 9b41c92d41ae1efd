"""The clock of a world. All times in a world come from it."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.mockserver.steady_clock import steady_seconds

Timer = Callable[[], float]
LATEST = 253_402_300_799.0  # the last second of the year 9999: later times cannot be formatted


class Clock:
    """A clock in seconds since 1970. It shows the time `begin` until the first call of `now`. Then it runs.

    So two worlds with the same `begin` give the same time to their first request, even if a client waits
    longer before it sends this request to one of them.

    timer: a function that returns seconds; the clock runs at its speed.
    """

    def __init__(self, begin: float, timer: Timer = steady_seconds) -> None:
        self.begin = begin
        self._timer = timer
        self._at = begin
        self._since: float | None = None
        self._frozen = False

    def now(self) -> float:
        """The time in seconds since 1970. The first call starts the clock."""
        if self._frozen:
            return self._at
        if self._since is None:
            self._since = self._timer()
        at = self._at + (self._timer() - self._since)
        return at if at < LATEST else LATEST

    def peek(self) -> float:
        """The time in seconds since 1970. Does not start the clock."""
        return self._at if self._since is None else self.now()

    @property
    def is_frozen(self) -> bool:
        """Whether `freeze` has stopped the clock."""
        return self._frozen

    def new_clock(self, begin: float, *, at: float, frozen: bool) -> Clock:
        """Another clock with the same timer.

        begin: its `begin`.
        at: the time that it shows until the first call of its `now`.
        frozen: whether it stays at this time.

        Raises ValueError for times outside the years 1970 to 9999.
        """
        clock = Clock(_check_time(begin), self._timer)
        clock._at = _check_time(at)
        clock._frozen = frozen
        return clock

    def advance(self, seconds: float) -> None:
        """Moves the clock forward. Does not start it. Raises ValueError beyond the year 9999."""
        is_stopped = self._frozen or self._since is None
        _check_time((self._at if is_stopped else self.now()) + seconds)
        self._at += seconds

    def freeze(self, at: float) -> None:
        """Stops the clock at a time in seconds since 1970.

        Raises ValueError outside the years 1970 to 9999.
        """
        self._at = _check_time(at)
        self._frozen = True


def _check_time(at: float) -> float:
    if not 0 <= at <= LATEST:
        raise ValueError("the time of a world must be between the years 1970 and 9999")
    return at
