"""Each careless worker breaks the rule that it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workers.mutants import MUTANTS, Mutant, scenario
from tests.workers.trials import in_groups, run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.rules import RULES

TIME_LIMIT = 240.0


def test_every_rule_has_a_worker_that_breaks_it() -> None:
    assert {mutant.rule for mutant in MUTANTS} == set(RULES)


@pytest.mark.parametrize("mutants", in_groups(MUTANTS), ids=lambda mutants: f"{mutants[0].rule}-and-others")
def test_careless_workers_break_their_rules(mutants: Sequence[Mutant], tmp_path: Path) -> None:
    trials = run_in_parallel(
        lambda mutant: try_worker(
            scenario(mutant.scenario),
            mutant.words(tmp_path),
            time_limit=TIME_LIMIT,
            heartbeat_interval=mutant.heartbeat,
        ),
        mutants,
    )
    for mutant, trial in trials:
        broken = {violation.rule for violation in trial.verdict.broken}
        assert mutant.rule in broken, f"{mutant.rule} is not broken in {trial_summary(trial)}"
        assert broken <= {mutant.rule, *mutant.also}, trial_summary(trial)
