"""The clock for time limits and for the clocks of worlds.

Libraries such as freezegun and time-machine stop the time of a test. This clock goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

# Seconds since an unknown moment. Windows has no `clock_gettime`.
steady_seconds: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic
)
