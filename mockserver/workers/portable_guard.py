"""The process guard for systems without the signals of POSIX, such as Windows. Needs psutil.

    python portable_guard.py MARK GRACE COMMAND...

The guard does what `process_guard.py` does. It writes its lines to standard error. It finds the processes
of the command by the value MARK of the variable WORKERKIT_RUN in their environment. Child processes inherit
the environment.

On Windows there is no SIGTERM: the process group of the command gets Ctrl-Break instead, which a program can
handle as SIGBREAK. After GRACE seconds, the processes that are left are ended.

Do not import workerkit here: the guard starts faster without it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

_SECONDS_TO_DIE = 5.0
_SECONDS_BETWEEN_CHECKS = 0.02
_SIGNALED = b"s"
_MARK = "WORKERKIT_RUN"
# These names exist on Windows only.
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_CTRL_BREAK = getattr(signal, "CTRL_BREAK_EVENT", None)


class PortableGuard:
    """Guards one command: starts it, reports its end, and stops its processes.

    mark: the value of the variable WORKERKIT_RUN of the command's processes.
    grace: how long the processes may take to end after the first signal, in seconds.
    """

    def __init__(self, mark: str, grace: float) -> None:
        self._mark = mark
        self._grace = grace

    def run(self, words: list[str]) -> None:
        """Starts the command, waits until standard input ends, and stops all of its processes."""
        try:
            # On Windows, only `which` finds a command such as npx, whose file is npx.cmd.
            command = subprocess.Popen(
                [shutil.which(words[0]) or words[0], *words[1:]],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                creationflags=_NEW_GROUP,
            )
        except OSError as error:
            return _write_status(f"failed {error.errno}")
        _write_status(f"started {command.pid}")
        reporter = threading.Thread(target=_report_exit, args=(command,))
        reporter.start()
        self._stop_all(command.pid, was_signaled=os.read(0, 1) == _SIGNALED)
        reporter.join()

    def _stop_all(self, command: int, *, was_signaled: bool) -> None:
        if not was_signaled:
            signal_tree(command, signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while any(_marked(self._mark)) and time.monotonic() < deadline:
            time.sleep(_SECONDS_BETWEEN_CHECKS)
        kill_marked(self._mark)


def signal_tree(command: int, number: int) -> None:
    """For SIGTERM: sends it to the processes of a command, on Windows Ctrl-Break to its group.

    For any other signal: ends the processes.

    command: the id of the command's own process.
    """
    if number != signal.SIGTERM:
        kill_tree(command)
    elif _CTRL_BREAK is not None:
        with suppress(OSError):
            os.kill(command, _CTRL_BREAK)
    else:
        for process in _tree(command):
            with suppress(psutil.Error):
                process.terminate()


def kill_tree(root: int) -> None:
    """Ends a process and all that descend from it."""
    for process in _tree(root):
        with suppress(psutil.Error):
            process.kill()


def kill_marked(mark: str) -> None:
    """Ends all processes with this mark, except this one and its ancestors. Gives up after 5 seconds."""
    deadline = time.monotonic() + _SECONDS_TO_DIE
    while (found := list(_marked(mark))) and time.monotonic() < deadline:
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(_SECONDS_BETWEEN_CHECKS)


def _tree(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _marked(mark: str) -> Iterator[psutil.Process]:
    # In a virtual environment of Windows, the python that was started starts another one: this process.
    own = psutil.Process()
    spared = {own.pid, *(process.pid for process in own.parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            is_alive = process.pid not in spared and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.environ().get(_MARK) == mark:
                yield process


def _report_exit(command: subprocess.Popen[bytes]) -> None:
    _write_status(f"exited {command.wait()}")


def _write_status(line: str) -> None:
    with suppress(OSError):
        os.write(2, f"{line}\n".encode())


if __name__ == "__main__":
    PortableGuard(sys.argv[1], float(sys.argv[2])).run(sys.argv[3:])
