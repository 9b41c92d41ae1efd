"""The processes of a command on systems without the signals of POSIX, such as Windows. Needs psutil."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workerkit.mockserver.workers.marked_processes import MARK
from workerkit.mockserver.workers.portable_guard import kill_marked, kill_tree, signal_tree

_GUARD_PROGRAM = Path(__file__).with_name("portable_guard.py")


class PortableProcesses:
    """The control of processes by psutil. The methods are described in `ProcessControl`."""

    def start_guard(
        self, words: Sequence[str], environment: Mapping[str, str], grace: float
    ) -> subprocess.Popen[bytes]:
        """Starts the guard program. Raises OSError."""
        return subprocess.Popen(
            [sys.executable, "-I", str(_GUARD_PROGRAM), environment[MARK], str(grace), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )

    def wake(self, guard: subprocess.Popen[bytes]) -> None:
        """Does nothing: no process can stop another one for a time."""

    def signal(self, guard: subprocess.Popen[bytes], command: int, number: int) -> None:
        """Sends a signal to all processes of the command."""
        signal_tree(command, number)

    def kill_with_guard(self, guard: subprocess.Popen[bytes]) -> None:
        """Sends SIGKILL to the guard and its descendants."""
        kill_tree(guard.pid)

    def kill_marked(self, mark: str) -> None:
        """Kills all processes with this mark. Gives up after 5 seconds."""
        kill_marked(mark)
