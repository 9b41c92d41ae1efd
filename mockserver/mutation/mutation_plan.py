"""What `workerkit mutate` runs, and against which mutants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from workerkit.mockserver.mutants import MUTANTS, Mutant
from workerkit.scenarios.model.scenario import Scenario

_PYTEST = ("pytest", "py.test")


@dataclass(frozen=True, slots=True)
class MutationPlan:
    """A command, and the mutants to run it against.

    words: the words of the command.
    scenario: the command is a worker, and runs in this scenario. None: the command is a test suite.
    operations: only mutants of these operations. Empty: of all operations.
    mutants: only the mutants with these ids. Empty: all.
    jobs: how many runs are done at the same time.
    time_limit, grace: for each run, in seconds.
    """

    words: tuple[str, ...]
    scenario: Scenario | None = None
    operations: tuple[str, ...] = ()
    mutants: tuple[str, ...] = ()
    jobs: int = 1
    time_limit: float = 60.0
    grace: float = 5.0

    @property
    def chosen(self) -> tuple[Mutant, ...]:
        """The mutants that the options choose."""
        mutants = (mutant for name, mutant in MUTANTS.items() if not self.mutants or name in self.mutants)
        return tuple(mutant for mutant in mutants if self._has_operation(mutant.operations))

    def is_reached(self, mutant: Mutant, called: Iterable[str]) -> bool:
        """Whether the command calls an operation of a mutant.

        called: the operations that the command calls.
        """
        return self._has_operation(set(mutant.operations) & set(called))

    def _has_operation(self, operations: Iterable[str]) -> bool:
        return any(not self.operations or operation in self.operations for operation in operations)


def runs_pytest(words: Iterable[str]) -> bool:
    """Whether a command runs pytest: `pytest`, `python -m pytest`, `uv run pytest`."""
    return any(PurePath(word).name.removesuffix(".exe") in _PYTEST for word in words)
