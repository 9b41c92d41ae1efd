"""How this system starts the guard of a command, and how it stops the processes of the command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

# Sent to a guard on its standard input: all processes of the command have got a signal already.
SIGNALED = b"s"


class ProcessControl(Protocol):
    """What a system can do with processes.

    guard: the process of the guard. command: the id of the command's own process.
    """

    def start_guard(
        self, words: Sequence[str], environment: Mapping[str, str], grace: float
    ) -> subprocess.Popen[bytes]:
        """Starts a guard, which starts the command. Raises OSError.

        The standard output of the guard has what the command prints. Its standard error has its own lines.

        grace: how long the processes may take to end after SIGTERM, in seconds.
        """

    def wake(self, guard: subprocess.Popen[bytes]) -> None:
        """Lets a guard go on that the command has stopped."""

    def signal(self, guard: subprocess.Popen[bytes], command: int, number: int) -> None:
        """Sends SIGTERM or SIGKILL to all processes of the command."""

    def kill_with_guard(self, guard: subprocess.Popen[bytes]) -> None:
        """Kills the guard and all processes that descend from it."""

    def kill_marked(self, mark: str) -> None:
        """Kills all processes with this mark in their environment. Gives up after 5 seconds."""


def process_control() -> ProcessControl:
    """The control for this system: by the signals of POSIX on Linux and macOS, by psutil on Windows."""
    if hasattr(os, "posix_spawnp"):
        # Windows does not have the signals that this file names.
        from workerkit.mockserver.workers.posix_processes import PosixProcesses

        return PosixProcesses()
    # Only here psutil is needed.
    from workerkit.mockserver.workers.portable_processes import PortableProcesses

    return PortableProcesses()
