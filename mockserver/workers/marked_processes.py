"""Finds the processes of a command by a mark in their environment, and kills them.

The process guard normally stops a command. If the command has killed or stopped its guard, the guard cannot
do this any more. Child processes inherit the environment, so the mark finds them wherever they are.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "WORKERKIT_RUN"
_SECONDS_TO_DIE = 5.0
_SECONDS_BETWEEN_CHECKS = 0.02


def kill_processes(processes: list[int]) -> None:
    """Sends SIGKILL to processes. Processes that have ended, and those of other users, are left out."""
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def kill_marked_processes(mark: str) -> None:
    """Kills all processes with this value of the variable `MARK`. Gives up after 5 seconds.

    Needs `/proc`. `portable_guard.py` does the same with psutil.
    """
    deadline = time.monotonic() + _SECONDS_TO_DIE
    while (found := list(_marked_processes(mark))) and time.monotonic() < deadline:
        kill_processes(found)
        time.sleep(_SECONDS_BETWEEN_CHECKS)


def _marked_processes(mark: str) -> Iterator[int]:
    entry = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        # A process that has ended has an empty environment, even if nobody has collected it yet.
        with suppress(OSError):
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
