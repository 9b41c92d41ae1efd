"""What a hunt found."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.mockserver.trials.trial import Trial
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.coverage.coverage import Coverage
from workerkit.scenarios.hunt.attempt import AnyAttempt
from workerkit.scenarios.hunt.slot import Slot
from workerkit.scenarios.rules.judge import UnjudgedRule


@dataclass(frozen=True, slots=True)
class HuntFinding:
    """A rule that the worker broke.

    attempt: what happened in the trial.
    trial: the trial that shows it.
    rule: the id of the rule.
    number: the number of the trial in the search that showed it first. The first trial has the number 1.
    broken: in how many repetitions the worker broke the same rule.
    repetitions: how many repetitions were run.
    """

    attempt: AnyAttempt
    trial: Trial
    rule: str
    number: int
    broken: int
    repetitions: int

    @property
    def times_text(self) -> str:
        """How often the rule was broken: `in 2 of 3 repetitions`."""
        return phrase(
            "in {broken} of {repetitions} repetitions", broken=self.broken, repetitions=self.repetitions
        )


@dataclass(frozen=True, slots=True)
class HuntResult:
    """The result of a hunt.

    trace: the trial in which nothing went wrong.
    slots: the requests of the worker at which something could go wrong.
    finding: the rule that was broken. None if no rule was.
    unconfirmed: rules that were broken once, but not often enough in the repetitions.
    trials: how many trials the search took, without the trace.
    coverage: what all trials together covered.
    without_occasion: the wanted rules that no trial gave an occasion to break.
    end: why the search ended, in words.
    seconds: how long the hunt took.
    is_interrupted: whether somebody stopped the hunt.
    """

    trace: Trial
    slots: tuple[Slot, ...]
    finding: HuntFinding | None
    unconfirmed: tuple[HuntFinding, ...]
    trials: int
    coverage: Coverage
    without_occasion: tuple[UnjudgedRule, ...]
    end: str
    seconds: float
    is_interrupted: bool = False

    @property
    def passed(self) -> bool:
        """Whether the worker broke no rule: neither undisturbed nor in a confirmed finding."""
        return self.trace.verdict.passed and self.finding is None
