"""The processes of a command on Linux and macOS."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workerkit.mockserver.workers.marked_processes import kill_marked_processes, kill_processes
from workerkit.mockserver.workers.process_guard import descendants, signal_processes

_GUARD_PROGRAM = Path(__file__).with_name("process_guard.py")
_STANDARD_ERROR = "2"
_HAS_PROC = Path("/proc/self/stat").exists()


class PosixProcesses:
    """The control of processes by the signals of POSIX. The methods are described in `ProcessControl`."""

    def start_guard(
        self, words: Sequence[str], environment: Mapping[str, str], grace: float
    ) -> subprocess.Popen[bytes]:
        """Starts the guard program. Raises OSError."""
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD_PROGRAM), _STANDARD_ERROR, str(grace), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )

    def wake(self, guard: subprocess.Popen[bytes]) -> None:
        """Sends SIGCONT to the guard."""
        guard.send_signal(signal.SIGCONT)

    def signal(self, guard: subprocess.Popen[bytes], command: int, number: int) -> None:
        """Sends a signal to all processes of the command."""
        signal_processes(guard.pid, command, signal.Signals(number))

    def kill_with_guard(self, guard: subprocess.Popen[bytes]) -> None:
        """Sends SIGKILL to the guard and its descendants."""
        if _HAS_PROC:
            kill_processes([*descendants(guard.pid), guard.pid])
        else:
            from workerkit.mockserver.workers.portable_guard import kill_tree  # Linux does not need psutil

            kill_tree(guard.pid)

    def kill_marked(self, mark: str) -> None:
        """Kills all processes with this mark. Gives up after 5 seconds."""
        if _HAS_PROC:
            kill_marked_processes(mark)
        else:
            from workerkit.mockserver.workers.portable_guard import kill_marked  # Linux does not need psutil

            kill_marked(mark)
