"""The clock of a run. Tests replace it, so that they do not wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from workerkit.mockserver.steady_clock import steady_seconds


@dataclass(frozen=True, slots=True)
class RunClock:
    """Three functions for time, all in seconds.

    wall: the time since 1970.
    steady: a time that never goes back, to measure durations.
    wait: sleeps for the given time.
    """

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = steady_seconds
    wait: Callable[[float], None] = time.sleep
