"""Describes the machine, and how busy other processes kept it during a measurement."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq and softirq in the first line of /proc/stat
_QUIET = 0.1


class Machine:
    """Counts CPU time from its construction on."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy(), _own()

    def others(self) -> float:
        """Returns how many cores other processes kept busy on average.

        Children of this process do not count as others, but only if they have ended before this call.
        """
        used = (_busy() - self._busy) - (_own() - self._own)
        return max(0.0, used / (time.monotonic() - self._began))

    def description(self) -> str:
        """Returns a description of the machine for a result page."""
        others = self.others()
        warning = (
            "" if others < _QUIET else ", which makes the times too long: only compare them with each other"
        )
        return (
            f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}. Other processes kept {others:.2f} cores busy{warning}."
        )


def _busy() -> float:
    line = Path("/proc/stat").read_text("utf-8").partition("\n")[0].split()[1:]
    return sum(int(line[column]) for column in _BUSY) / _TICKS


def _own() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, "unknown processor")
