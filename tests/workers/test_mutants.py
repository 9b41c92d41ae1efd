"""Each careless worker breaks the rule that it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sampling import sampled
from tests.workers.mutants import MUTANTS, Mutant, scenario
from tests.workers.trials import in_groups, run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.scenarios.rules import RULES

TIME_LIMIT = 240.0
MOST_TRIALS = 3


def test_every_rule_has_a_worker_that_breaks_it() -> None:
    assert {mutant.rule for mutant in MUTANTS} == set(RULES)


def try_mutant(mutant: Mutant, folder: Path) -> Trial:
    words = mutant.words(folder)
    return try_worker(
        scenario(mutant.scenario), words, time_limit=TIME_LIMIT, heartbeat_interval=mutant.heartbeat
    )


def broken_rules(trial: Trial) -> set[str]:
    return {violation.rule for violation in trial.verdict.broken}


@pytest.mark.parametrize(
    "mutants",
    sampled(in_groups(MUTANTS), every=2),
    ids=lambda mutants: f"{mutants[0].rule}-and-others",
)
def test_careless_workers_break_their_rules(mutants: Sequence[Mutant], tmp_path: Path) -> None:
    for mutant, first in run_in_parallel(lambda mutant: try_mutant(mutant, tmp_path), mutants):
        trials = [first]
        # On a busy machine, the second process of a scenario may start too late to meet the first one.
        while mutant.rule not in broken_rules(trials[-1]) and len(trials) < MOST_TRIALS:
            trials.append(try_mutant(mutant, tmp_path))
        summary = trial_summary(trials[-1])
        assert mutant.rule in broken_rules(trials[-1]), f"{mutant.rule} is not broken in {summary}"
        for trial in trials:
            assert broken_rules(trial) <= {mutant.rule, *mutant.also}, trial_summary(trial)
