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

    A clock with `real_time` moves to the real time at this first call. `begin` moves with it.

    timer: a function that returns seconds; the clock runs at its speed.
    real_time: returns the real time in seconds since 1970. None if the clock keeps its `begin`.
    """

    def __init__(
        self, begin: float, timer: Timer = steady_seconds, *, real_time: Timer | None = None
    ) -> None:
        self.begin = begin
        self._timer = timer
        self._real_time = real_time
        self._at = begin
        self._since: float | None = None
        self._frozen = False
        self._on_move: list[Callable[[float], None]] = []

    @property
    def will_move(self) -> bool:
        """Whether the first call of `now` is still to come and will move the clock to the real time."""
        return self._real_time is not None and self._since is None and not self._frozen

    def on_move(self, listener: Callable[[float], None]) -> None:
        """Calls `listener` when the clock moves to the real time, with the seconds by which it moves."""
        self._on_move.append(listener)

    def now(self) -> float:
        """The time in seconds since 1970. The first call starts the clock."""
        if self._frozen:
            return self._at
        since = self._start() if self._since is None else self._since
        at = self._at + (self._timer() - since)
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

    def run(self) -> None:
        """Lets a stopped clock go on from the time that it shows. Does nothing if it is not stopped."""
        if self._frozen:
            self._frozen = False
            self._since = self._timer()

    def _start(self) -> float:
        """Starts the clock. Returns the time of the timer."""
        self._since = self._timer()
        if self._real_time is not None:
            seconds = self._real_time() - self.begin
            self.begin += seconds
            self._at += seconds
            for listener in self._on_move:
                listener(seconds)
        return self._since


def _check_time(at: float) -> float:
    if not 0 <= at <= LATEST:
        raise ValueError("the time of a world must be between the years 1970 and 9999")
    return at
