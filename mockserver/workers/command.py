"""Runs a command, and stops every process that the command started."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from workerkit.mockserver.workers.output_tail import OutputTail
from workerkit.mockserver.workers.process_guard import SIGNALED, signal_processes
from workerkit.openapi.errors import CannotRunError

GRACE = 5.0
_GUARD_PROGRAM = Path(__file__).with_name("process_guard.py")


class CommandNotFoundError(CannotRunError, OSError):
    """The command does not exist or cannot be started. The message says why."""


class Command:
    """A running command, as a context manager. After the `with` block no process of the command is left.

    A second process, the process guard, starts the command and stops it. The guard also stops the command
    when this process is killed. The method `output` returns the end of the text that the command printed.

    grace: how long its processes may take to end after SIGTERM, in seconds. Then they get SIGKILL.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], *, grace: float = GRACE) -> None:
        self._words = list(words)
        self._grace = grace
        self._environment = {**os.environ, **environment}
        self._exit_code: int | None = None
        self._status: int
        self._guard: subprocess.Popen[bytes]
        self._process: int
        self._output_tail: OutputTail

    def __enter__(self) -> Command:
        self._status, status_writer = os.pipe()
        try:
            self._guard = self._start_guard(status_writer)
        except OSError as error:
            os.close(self._status)
            raise CommandNotFoundError(_start_error(self._words[0], error.errno)) from None
        finally:
            os.close(status_writer)
        assert self._guard.stdout is not None
        self._output_tail = OutputTail(self._guard.stdout)
        self._await_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        os.close(self._status)

    def wait(self, seconds: float) -> int | None:
        """Waits until the command exits, or for `seconds`. Returns the exit code, or None if it still runs.

        The exit code is negative if a signal ended the command.
        """
        if self._exit_code is None and (line := self._read_status(seconds)) is not None:
            # If the guard itself was killed, it could not write the line with the exit code.
            self._exit_code = int(line.split()[1]) if line else self._guard.wait()
        return self._exit_code

    @property
    def has_ended(self) -> bool:
        """Whether all processes of the command have ended after `stop` or `end`."""
        return self._guard.poll() is not None

    def stop(self, number: signal.Signals) -> None:
        """Sends a signal to all processes of the command and does not wait. Any thread may call this.

        Processes that are left after the grace period get SIGKILL.
        """
        assert self._guard.stdin is not None
        if self.has_ended:
            return
        signal_processes(self._guard.pid, self._process, number)
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._guard.stdin.write(SIGNALED)
            self._guard.stdin.close()

    def end(self) -> None:
        """Stops all processes of the command: with SIGTERM, and after the grace period with SIGKILL."""
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()
        self._output_tail.finish()
        self.wait(0)

    def output(self, masked: Callable[[str], str] = str) -> str:
        """Returns the last 64 KiB of the text that the command printed, on standard output and error.

        masked: a function that masks secrets in a text. It gets the text before the text is cut.
        """
        return self._output_tail.text(masked)

    def _start_guard(self, status_writer: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(_GUARD_PROGRAM),
                str(status_writer),
                str(self._grace),
                *self._words,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            pass_fds=(status_writer,),
            start_new_session=True,
        )

    def _await_start(self) -> None:
        line = self._read_status(None) or "failed 0"
        if line.startswith("failed"):
            self.__exit__(None, None, None)
            raise CommandNotFoundError(_start_error(self._words[0], int(line.split()[1])))
        self._process = int(line.split()[1])

    def _read_status(self, seconds: float | None) -> str | None:
        """Returns the next line from the guard.

        If the guard has ended, the line is empty. If no line comes in `seconds`, returns None.

        seconds: how long to wait. None waits without a limit.
        """
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        if not poll.poll(None if seconds is None else seconds * 1000):
            return None
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self._status, 1)):
            line += byte
        return line.decode().rstrip()


def _start_error(word: str, error_number: int | None) -> str:
    if shutil.which(word) is None:
        return f"the command {word} was not found: check its spelling, its path and PATH"
    return f"the command {word} cannot be run: {os.strerror(error_number or 0)}"
