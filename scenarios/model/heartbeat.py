"""How long a worker may take between two heartbeats."""

from __future__ import annotations

# In seconds. On a busy machine, a heartbeat may come this late.
_LATE = 2.0


def longest_pause(interval: float) -> float:
    """Returns the longest time between two heartbeats that is allowed, in seconds.

    A heartbeat may come late by one interval, and by 2 seconds if the interval is shorter.

    interval: the worker's own interval, in seconds.
    """
    return interval + max(interval, _LATE)
