"""Runs a command, and stops every process that the command started."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from types import TracebackType

from workerkit.mockserver.workers.guard_lines import GuardLines
from workerkit.mockserver.workers.marked_processes import MARK
from workerkit.mockserver.workers.output_tail import OutputTail
from workerkit.mockserver.workers.process_control import SIGNALED, process_control
from workerkit.openapi.errors import CannotRunError

GRACE = 5.0
# After the grace period the guard needs at most 5 seconds to end all processes. A busy machine may take
# longer: then this process does the same without the guard.
_SECONDS_FOR_GUARD = 15.0
_SECONDS_TO_START, _SECONDS_BETWEEN_SIGNALS = 60, 1.0


class CommandNotFoundError(CannotRunError, OSError):
    """The command does not exist or cannot be started. The message says why."""


class GuardKilledError(CannotRunError):
    """The process guard of a command was killed. So nobody knows how the command ended."""

    def __init__(self) -> None:
        super().__init__(
            "the parent process of the command was killed, so workerkit does not know how the command ended. "
            "A worker must not kill its parent process: look for a kill of getppid() or of a process group"
        )


class Command:
    """A running command, as a context manager. After the `with` block no process of the command is left.

    A second process, the process guard, starts the command and stops it. The guard also stops the command
    when this process is killed. If the command stops or kills its guard, this process ends the command. The
    method `output` returns the end of the text that the command printed.

    grace: how long its processes may take to end after SIGTERM, in seconds. Then they get SIGKILL.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], *, grace: float = GRACE) -> None:
        self._words = list(words)
        self._grace, self._mark = grace, token_hex(16)
        self._environment = {**os.environ, **environment, MARK: self._mark}
        self._exit_code: int | None = None
        self._control = process_control()
        self._guard: subprocess.Popen[bytes]
        self._process: int
        self._lines: GuardLines
        self._output_tail: OutputTail

    def __enter__(self) -> Command:
        try:
            self._guard = self._control.start_guard(self._words, self._environment, self._grace)
        except OSError as error:
            raise CommandNotFoundError(_start_error(self._words[0], error.errno)) from None
        assert self._guard.stdout is not None
        assert self._guard.stderr is not None
        self._lines = GuardLines(self._guard.stderr)
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

    def wait(self, seconds: float) -> int | None:
        """Waits until the command exits, or for `seconds`. Returns the exit code, or None if it still runs.

        The exit code is negative if a signal ended the command. Raises GuardKilledError if nobody knows the
        exit code.
        """
        if self._exit_code is None and (line := self._lines.next(seconds)) is not None:
            if not line:
                raise GuardKilledError
            self._exit_code = int(line.split()[1])
        return self._exit_code

    @property
    def has_ended(self) -> bool:
        """Whether all processes of the command have ended after `stop` or `end`."""
        return self._guard.poll() is not None

    def stop(self, number: int) -> None:
        """Sends SIGTERM or SIGKILL to all processes of the command. Does not wait. Any thread may call this.

        Processes that are left after the grace period get SIGKILL.
        """
        assert self._guard.stdin is not None
        if self.has_ended:
            return
        self._control.wake(self._guard)  # the command may have stopped the guard
        self._control.signal(self._guard, self._process, number)
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._guard.stdin.write(SIGNALED)
            self._guard.stdin.close()

    def end(self) -> None:
        """Stops all processes of the command: with SIGTERM, and after the grace period with SIGKILL."""
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._end_guard()
        self._output_tail.finish()
        self._lines.finish()
        with contextlib.suppress(GuardKilledError):
            self.wait(0)

    def output(self, masked: Callable[[str], str] = str) -> str:
        """Returns the last 64 KiB of the text that the command printed, on standard output and error.

        masked: a function that masks secrets in a text. It gets the text before the text is cut.
        """
        return self._output_tail.text(masked)

    def _end_guard(self) -> None:
        """Waits until the guard has ended all processes. If the guard cannot do this, does it itself."""
        self._control.wake(self._guard)  # the command may have stopped the guard
        try:
            has_done_it = self._guard.wait(self._grace + _SECONDS_FOR_GUARD) == 0
        except subprocess.TimeoutExpired:
            self._control.kill_with_guard(self._guard)
            has_done_it = False
        if not has_done_it:
            self._control.kill_marked(self._mark)
            self._guard.wait()

    def _await_start(self) -> None:
        line = self._first_status()
        if line.startswith("started"):
            self._process = int(line.split()[1])
            return
        self.__exit__(None, None, None)
        if not line and self._guard.returncode < 0:
            raise GuardKilledError
        error_number = int(line.split()[1]) if line else 0
        raise CommandNotFoundError(_start_error(self._words[0], error_number))

    def _first_status(self) -> str:
        """The first line from the guard. Empty if the guard has ended, or if it is always stopped."""
        for _ in range(_SECONDS_TO_START):
            line = self._lines.next(_SECONDS_BETWEEN_SIGNALS)
            if line is not None:
                return line
            self._control.wake(self._guard)
        return ""


def _start_error(word: str, error_number: int | None) -> str:
    if shutil.which(word) is None:
        return f"the command {word} was not found: check its spelling, its path and PATH"
    return f"the command {word} cannot be run: {os.strerror(error_number or 0)}"
