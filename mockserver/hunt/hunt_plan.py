"""What a hunt may do, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.workers.command import GRACE
from workerkit.scenarios.hunt.attempt import Attempt
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import rules_of


@dataclass(frozen=True, slots=True)
class HuntPlan:
    """The plan of a hunt. All times are in seconds.

    words: the words of the worker's command.
    trials: the most trials of the search. Repetitions that confirm or shrink a finding are not counted.
    seconds: how long the search may take. A trial that has begun is finished.
    jobs: how many trials run at the same time.
    seed: decides the order of attempts with two troubles that are equally good.
    rules: only broken rules with these ids count. Empty: all rules.
    needed, repetitions: a finding counts if the worker breaks the same rule in `needed` of `repetitions`.
    saved: the scenarios that earlier hunts have saved. They are tried first.
    time_limit: the longest time of one trial.
    grace: how long the worker may take to exit after SIGTERM.
    """

    words: tuple[str, ...]
    trials: int = 300
    seconds: float = 300.0
    jobs: int = 1
    seed: int = 1
    rules: tuple[str, ...] = ()
    needed: int = 2
    repetitions: int = 3
    saved: tuple[Scenario, ...] = ()
    time_limit: float = 30.0
    grace: float = GRACE

    @property
    def unjudged_rules(self) -> tuple[str, ...]:
        """The rules of `rules` that no trial of this hunt can break, because no scenario expects them."""
        scenarios = (Attempt().scenario, *self.saved)
        judged = {rule.id for scenario in scenarios for rule in rules_of(scenario)}
        return tuple(rule for rule in self.rules if rule not in judged)

    @property
    def try_attempt(self) -> partial[Trial]:
        """A function that runs the worker in a scenario, as `try_worker` does."""
        return partial(
            try_worker,
            words=self.words,
            time_limit=self.time_limit,
            grace=self.grace,
        )
