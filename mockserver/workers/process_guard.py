"""Runs one command and stays until no process of it is left: a program of its own, without imports of ours.

    python process_guard.py STATUS COMMAND...

Whoever starts it holds its standard input open: when that ends, for whatever reason, the command's whole
family gets SIGTERM, and what is still there 2 s later SIGKILL. On Linux the family is all that descends from
the command, because orphans come to the keeper; elsewhere it is the command's process group.

To the descriptor STATUS it writes `started`, or `failed` with the error's number, and later `exited` with the
command's exit code, a line each.
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

_SECONDS_TO_END = 2.0
# Whoever is neither gone then nor to be killed, as a process of another user, is left to its fate.
_SECONDS_TO_DIE = 5.0
_SECONDS_BETWEEN_LOOKS = 0.02
_PR_SET_CHILD_SUBREAPER = 36
_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


class ProcessGuard:
    """The keeper of one command, whose end it waits for and tells of."""

    def __init__(self, status: int) -> None:
        os.set_inheritable(status, False)
        self._status = status
        self._adopts = _adopt_orphans()
        self._bell = _bell()
        self._leader = 0

    def run(self, words: list[str]) -> None:
        """Starts the command, waits to be told to end, and ends all that is left of it."""
        if self._starts(words):
            self._wait_to_be_told()
            self._end()

    def _starts(self, words: list[str]) -> bool:
        nothing = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
        try:
            self._leader = os.posix_spawnp(
                words[0], words, os.environ, file_actions=nothing, setsid=True, setsigdef=_IGNORED_BY_PYTHON
            )
        except OSError as error:
            self._tell(f"failed {error.errno}")
            return False
        self._tell("started")
        return True

    def _wait_to_be_told(self) -> None:
        while True:
            ready, _, _ = select.select([sys.stdin.fileno(), self._bell], [], [])
            rung = os.read(self._bell, 4096) if self._bell in ready else b""
            self._reap()
            if sys.stdin.fileno() in ready or any(number in rung for number in _TO_END):
                return

    def _end(self) -> None:
        deadline = time.monotonic() + _SECONDS_TO_END
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # whoever was stopped would not hear of it
        while self._reap() and time.monotonic() < deadline:
            select.select([self._bell], [], [], _SECONDS_BETWEEN_LOOKS)
        deadline = time.monotonic() + _SECONDS_TO_DIE
        while self._signal(signal.SIGKILL) and self._reap() and time.monotonic() < deadline:
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _reap(self) -> bool:
        """Buries who is dead and tells of the leader. False where there is nobody left to wait for."""
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._leader:
                    self._tell(f"exited {os.waitstatus_to_exitcode(found[1])}")
        except ChildProcessError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> bool:
        """Sends the whole family a signal. Always true."""
        if self._adopts:
            for process in _descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, number)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._leader, number)
        return True

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._status, f"{line}\n".encode())


def _adopt_orphans() -> bool:
    """Makes orphans among the descendants children of this process; false where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def _bell() -> int:
    """A descriptor from which the numbers of signals come, those of dead children among them."""
    bell, rope = os.pipe()
    os.set_blocking(rope, False)
    signal.set_wakeup_fd(rope)
    for number in (signal.SIGCHLD, *_TO_END):
        signal.signal(number, lambda *_: None)
    return bell


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for process, parent in _processes():
        children.setdefault(parent, []).append(process)
    found = [ancestor]
    for process in found:
        found.extend(children.get(process, ()))
    return found[1:]


def _processes() -> Iterator[tuple[int, int]]:
    """Every process of the machine with its parent."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name stands in brackets and may hold anything, brackets and spaces among it.
                yield int(name), int(file.read().rpartition(b")")[2].split()[1])


if __name__ == "__main__":
    ProcessGuard(int(sys.argv[1])).run(sys.argv[2:])
