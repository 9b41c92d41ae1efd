"""The processes of a worker's command, which a scenario can stop, kill and start again."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType

from workerkit.mockserver.workers.command import GRACE, Command

# Windows has no SIGKILL. There, each signal but SIGTERM ends a process at once.
_KILL = getattr(signal, "SIGKILL", signal.SIGABRT)


class WorkerProcesses:
    """Runs a worker's command, as a context manager. After the `with` block no process of the worker is left.

    The thread of the mock may call `stop`, `kill` and `start`, which do not wait. All other methods belong to
    the thread of the `with` block.

    words, environment, grace: as for `Command`.

    Raises CommandNotFoundError at the begin of the `with` block if the command cannot be started.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], *, grace: float = GRACE) -> None:
        self._new_command = partial(Command, words, environment, grace=grace)
        self._lock = threading.Lock()
        self._commands: list[Command] = []
        self._stopped: list[Command] = []
        self._starts = 1

    def __enter__(self) -> WorkerProcesses:
        self._start_if_due()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        for command in self._commands:
            command.__exit__(kind, error, trace)

    def stop(self) -> None:
        """Sends SIGTERM to all processes. Those that are left after the grace period get SIGKILL."""
        self._stop(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL to all processes."""
        self._stop(_KILL)

    def start(self) -> None:
        """Lets the command start again, as soon as all processes that were stopped or killed have ended."""
        with self._lock:
            self._starts += 1

    def wait(self, seconds: float) -> bool:
        """Starts the command if it is time. Then waits until the worker has exited, or for `seconds`.

        Returns True if the worker has exited and does not have to be started again.
        """
        self._start_if_due()
        if running := [command for command in self._not_stopped() if command.wait(0) is None]:
            running[0].wait(seconds)
        elif not self.have_exited:
            time.sleep(seconds)
        return self.have_exited

    @property
    def have_exited(self) -> bool:
        """Whether no command runs or has to be started."""
        with self._lock:
            is_over = not self._starts and all(command.has_ended for command in self._stopped)
        return is_over and all(command.wait(0) is not None for command in self._not_stopped())

    @property
    def exit_code(self) -> int | None:
        """The exit code of the command. None if it did not exit by itself, or was stopped.

        If the command was started several times, the first exit code that is not 0.
        """
        codes = [command.wait(0) for command in self._not_stopped()]
        return next(filter(None, codes), codes[0] if codes else None)

    def end(self) -> None:
        """Stops all processes: with SIGTERM, and after the grace period with SIGKILL."""
        self.stop()
        for command in self._commands:
            command.end()

    def output(self, masked: Callable[[str], str] = str) -> str:
        """Returns the last 64 KiB of the text that the command printed, of each start.

        masked: a function that masks secrets in a text. It gets the text before the text is cut.
        """
        texts = [command.output(masked) for command in self._commands]
        later = (f"\n(start {number} of the worker)\n{text}" for number, text in enumerate(texts[1:], 2))
        return "".join((*texts[:1], *later))

    def _not_stopped(self) -> list[Command]:
        with self._lock:
            return [command for command in self._commands if command not in self._stopped]

    def _stop(self, number: int) -> None:
        with self._lock:
            for command in self._commands:
                if command not in self._stopped or number == _KILL:
                    command.stop(number)
            self._stopped = list(self._commands)

    def _start_if_due(self) -> None:
        # The lock is held during the start, so that no command is started while all are being stopped.
        with self._lock:
            while self._starts and all(command.has_ended for command in self._stopped):
                self._starts -= 1
                self._commands.append(self._new_command().__enter__())
