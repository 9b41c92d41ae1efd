"""A worker's command as processes of this machine: started together, ended together."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from workerkit.mockserver.workers.output_tail import OutputTail
from workerkit.openapi.errors import CannotRunError

_KEEPER = Path(__file__).with_name("process_guard.py")


class CommandNotFoundError(CannotRunError, OSError):
    """There is no such command, or it cannot be run; the message says which and why."""


class Command:
    """Runs a command from `with` to its end, after which none of its processes is left.

    The end of what it prints, on standard output and error, is kept: see `output`. A keeper watches over it,
    which also ends it when this process is killed.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._words = list(words)
        self._environment = {**os.environ, **environment}
        self._exit_code: int | None = None
        self._status: int
        self._keeper: subprocess.Popen[bytes]
        self._output_tail: OutputTail

    def __enter__(self) -> Command:
        self._status, told = os.pipe()
        try:
            self._keeper = self._kept(told)
        except OSError as error:
            os.close(self._status)
            raise CommandNotFoundError(_why_not(self._words[0], error.errno)) from None
        finally:
            os.close(told)
        assert self._keeper.stdout is not None
        self._output_tail = OutputTail(self._keeper.stdout)
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
        """Waits for the end, at most so long. The exit code, negative for a signal; None while it runs."""
        if self._exit_code is None and (line := self._told(seconds)) is not None:
            # A keeper that was killed itself has nothing to tell.
            self._exit_code = int(line.split()[1]) if line else self._keeper.wait()
        return self._exit_code

    def end(self) -> None:
        """Ends whatever still runs of the command's: SIGTERM, and SIGKILL 2 s later."""
        assert self._keeper.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._keeper.stdin.close()
        self._keeper.wait()
        self._output_tail.finish()
        self.wait(0)

    def output(self, masked: Callable[[str], str] = str) -> str:
        """The last 64 KiB of what the command printed, masked before they are cut."""
        return self._output_tail.text(masked)

    def _kept(self, told: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(told), *self._words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            pass_fds=(told,),
            start_new_session=True,
        )

    def _await_start(self) -> None:
        line = self._told(None) or "failed 0"
        if line.startswith("failed"):
            self.__exit__(None, None, None)
            raise CommandNotFoundError(_why_not(self._words[0], int(line.split()[1])))

    def _told(self, seconds: float | None) -> str | None:
        """The next line from the keeper, empty where it is gone; None where none came in this time."""
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        if not poll.poll(None if seconds is None else seconds * 1000):
            return None
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self._status, 1)):
            line += byte
        return line.decode().rstrip()


def _why_not(word: str, number: int | None) -> str:
    if shutil.which(word) is None:
        return f"the command {word} was not found: check its spelling, its path and PATH"
    return f"the command {word} cannot be run: {os.strerror(number or 0)}"
