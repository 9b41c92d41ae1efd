"""The process guard: a separate program that runs one command and stops all of its processes.

    python process_guard.py STATUS GRACE COMMAND...

The program that starts the guard holds the standard input of the guard open. When this input ends for any
reason, all processes of the command get SIGTERM, unless the program has written that they have got a signal
already. After GRACE seconds, the processes that are left get SIGKILL. On Linux these are all descendants of
the command, because the guard becomes the parent of orphaned processes. On other systems these are only the
processes in the process group of the command.

The standard output of the guard gets all that the command prints, also on standard error.
The guard writes lines to the file descriptor STATUS: `started` with the id of the command's process, or
`failed` with the number of the error.
Later it writes `exited` with the exit code of the command.

Do not import workerkit here: the guard runs without site-packages.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterator

# After this time the guard gives up. A process of another user, for example, cannot be killed.
_SECONDS_TO_DIE = 5.0
_SECONDS_BETWEEN_CHECKS = 0.02
# The text on standard input that says that all processes of the command have got a signal already.
_SIGNALED = b"s"
_PR_SET_CHILD_SUBREAPER = 36
_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


class ProcessGuard:
    """Guards one command: starts it, reports its end, and stops its processes.

    grace: how long the processes may take to end after SIGTERM, in seconds.
    """

    def __init__(self, status: int, grace: float) -> None:
        os.set_inheritable(status, False)
        self._status = status
        self._grace = grace
        _adopt_orphans()
        self._signal_pipe = _signal_pipe()
        self._command = 0

    def run(self, words: list[str]) -> None:
        """Starts the command, waits until it must stop, and stops all of its processes."""
        if self._start(words):
            self._wait()
            self._stop_all()

    def _start(self, words: list[str]) -> bool:
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        try:
            self._command = os.posix_spawnp(
                words[0],
                words,
                os.environ,
                file_actions=streams,
                setsid=True,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except OSError as error:
            self._write_status(f"failed {error.errno}")
            return False
        self._write_status(f"started {self._command}")
        return True

    def _wait(self) -> None:
        """Waits until standard input ends or a signal asks the guard to end."""
        while True:
            ready, _, _ = select.select([sys.stdin.fileno(), self._signal_pipe], [], [])
            signals = os.read(self._signal_pipe, 4096) if self._signal_pipe in ready else b""
            self._reap()
            if sys.stdin.fileno() in ready or any(number in signals for number in _TO_END):
                return

    def _stop_all(self) -> None:
        deadline = time.monotonic() + self._grace
        if not self._was_signaled():
            self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a process that SIGSTOP has paused handles SIGTERM only after SIGCONT
        while self._reap() and time.monotonic() < deadline:
            select.select([self._signal_pipe], [], [], _SECONDS_BETWEEN_CHECKS)
        deadline = time.monotonic() + _SECONDS_TO_DIE
        while self._signal(signal.SIGKILL) and self._reap() and time.monotonic() < deadline:
            time.sleep(_SECONDS_BETWEEN_CHECKS)

    def _was_signaled(self) -> bool:
        """Whether the processes of the command have got a signal already."""
        is_readable = select.select([sys.stdin.fileno()], [], [], 0)[0]
        return bool(is_readable) and os.read(sys.stdin.fileno(), 1) == _SIGNALED

    def _reap(self) -> bool:
        """Collects ended child processes, and reports the exit of the command. False if no child is left."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._command:
                    self._write_status(f"exited {os.waitstatus_to_exitcode(ended[1])}")
        except ChildProcessError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> bool:
        """Sends a signal to all processes of the command. Always returns True."""
        signal_processes(os.getpid(), self._command, number)
        return True

    def _write_status(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._status, f"{line}\n".encode())


def signal_processes(guard: int, command: int, number: signal.Signals) -> None:
    """Sends a signal to all processes of a command. SIGKILL also reaches processes that they start meanwhile.

    guard: the id of the guard's process.
    command: the id of the command's own process.
    """
    if not sys.platform.startswith("linux"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(command, number)
        return
    signaled: set[int] = set()
    while processes := set(descendants(guard)) - signaled:
        for process in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        signaled |= processes
        if number != signal.SIGKILL:
            return


def _adopt_orphans() -> None:
    """On Linux, makes this process the parent of orphaned descendants."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _signal_pipe() -> int:
    """Returns the reading end of a pipe. At each signal, Python writes its number into the pipe as one byte.

    The signals are those that ask the guard to end, and SIGCHLD, which reports the end of a child process.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, *_TO_END):
        signal.signal(number, lambda *_: None)
    return reader


def descendants(ancestor: int) -> list[int]:
    """The ids of the child processes of a process, of their child processes, and so on."""
    children: dict[int, list[int]] = {}
    for process, parent in _processes():
        children.setdefault(parent, []).append(process)
    family = [ancestor]
    for process in family:
        family.extend(children.get(process, ()))
    return family[1:]


def _processes() -> Iterator[tuple[int, int]]:
    """Returns the id of every process of the machine, with the id of its parent."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The second field is the program's name in brackets. It may contain brackets and spaces.
                yield int(name), int(file.read().rpartition(b")")[2].split()[1])


if __name__ == "__main__":
    ProcessGuard(int(sys.argv[1]), float(sys.argv[2])).run(sys.argv[3:])
