"""What one run of the command showed."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.mockserver.mutation.sign import Sign


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What one run of the command showed. It contains no secrets.

    unfinished: what the command did instead of its work: `exited and left tasks open`.
        Empty if it did its work: a test suite exited, a worker brought all tasks to an end.
    exit_code: the exit code of the command. None if it did not exit by itself.
    called: the operations that the command called.
    signs: the signs of trouble, the most important first: the first test that failed, an exit code, a log
        entry of the worker. A run without trouble can have some, too.
    output: what the command printed.
    seconds: how long the run took.
    """

    unfinished: str
    exit_code: int | None
    called: frozenset[str]
    signs: tuple[Sign, ...]
    output: str
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether the command ended as it should."""
        return not self.unfinished and not self.exit_code
