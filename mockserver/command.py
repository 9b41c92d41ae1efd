"""A worker's command as processes of this machine: started together, ended together."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType

_SECONDS_TO_END = 2.0
_MOST_OUTPUT = 64 * 1024


class CommandNotFound(OSError):
    """There is no such command, or it cannot be run; the message says which and why."""


class Command:
    """Runs a command from `with` to its end, in a process group of its own of which nothing is left then.

    What it prints, on standard output and error, is kept: see `output`.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._words = list(words)
        self._environment = {**os.environ, **environment}
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the command
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Command:
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=self._printed,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            self._printed.close()
            raise CommandNotFound(_why_not(self._words[0], error)) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._printed.close()

    def wait(self, seconds: float) -> int | None:
        """Waits for the end, at most so long. The exit code, negative for a signal; None while it runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Ends whatever of the group still runs: SIGTERM, and SIGKILL 2 s later."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            self.wait(_SECONDS_TO_END)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def output(self) -> str:
        """What the command printed, its last 64 KiB."""
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - _MOST_OUTPUT))
        return self._printed.read().decode("utf-8", "replace")

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _why_not(word: str, error: OSError) -> str:
    if shutil.which(word) is None:
        return f"the command {word} was not found: check its spelling, its path and PATH"
    return f"the command {word} cannot be run: {error.strerror}"
