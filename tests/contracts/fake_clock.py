"""A clock for tests. It moves without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workerkit.contracts.target.run_clock import RunClock


@dataclass
class FakeClock:
    """A clock that moves only when somebody waits, or when a test sets `now`.

    now: the time, in seconds.
    waits: how long each wait was, in seconds.
    after_wait: is called after each wait.
    """

    now: float = 0.0
    waits: list[float] = field(default_factory=list)
    after_wait: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.after_wait()

    def run_clock(self) -> RunClock:
        return RunClock(self.time, self.time, self.wait)
