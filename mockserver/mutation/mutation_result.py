"""The result of `workerkit mutate`."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.mockserver.mutants import Mutant
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.openapi.languages.phrase import phrase


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What a command did with one mutant.

    noticed_by: what shows that the command notices the mutant. Empty if nothing does.
    outcome: the run against the mutant. None if the command calls no operation of the mutant.
    """

    mutant: Mutant
    noticed_by: str = ""
    outcome: RunOutcome | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the command calls an operation of the mutant."""
        return self.outcome is not None

    @property
    def is_missed(self) -> bool:
        """Whether the command calls the mutant, and does not notice it."""
        return self.is_reached and not self.noticed_by

    @property
    def text(self) -> str:
        """`noticed by ...`, `not noticed` or `not reached`."""
        if not self.is_reached:
            return phrase("not reached")
        if not self.noticed_by:
            return phrase("not noticed")
        return phrase("noticed by {sign}", sign=self.noticed_by)


@dataclass(frozen=True, slots=True)
class MutationResult:
    """The results of all chosen mutants, in the order of the mutants.

    called: the operations that the command calls.
    seconds: how long all runs took together, in real time.
    """

    called: frozenset[str]
    results: tuple[MutantResult, ...]
    seconds: float

    @property
    def noticed(self) -> int:
        """How many mutants the command notices."""
        return sum(bool(result.noticed_by) for result in self.results)

    @property
    def missed(self) -> int:
        """How many mutants the command calls, but does not notice."""
        return sum(result.is_missed for result in self.results)

    @property
    def not_reached(self) -> int:
        """How many mutants the command does not call."""
        return sum(not result.is_reached for result in self.results)
