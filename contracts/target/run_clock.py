"""Time as a run reads it, so that tests can replace it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunClock:
    """`wall` is seconds since 1970, `steady` seconds that never run back, `wait` sleeps so many seconds."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
