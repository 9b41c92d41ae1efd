"""Careless workers: each is told apart by its own rule, and the careful one that it was made from by none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workers.mutants import MUTANTS, Mutant, scenario
from tests.workers.trials import parts, side_by_side, told
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.rules import RULES

TIME_LIMIT = 240.0


def test_every_rule_has_a_worker_that_breaks_it() -> None:
    assert {mutant.rule for mutant in MUTANTS} == set(RULES)


@pytest.mark.parametrize("mutants", parts(MUTANTS), ids=lambda mutants: f"{mutants[0].rule}-and-on")
def test_careless_workers_break_the_rules_that_they_were_made_for(
    mutants: Sequence[Mutant], tmp_path: Path
) -> None:
    trials = side_by_side(
        lambda mutant: try_worker(scenario(mutant.scenario), mutant.words(tmp_path), time_limit=TIME_LIMIT),
        mutants,
    )
    for mutant, trial in trials:
        broken = {each.rule for each in trial.verdict.broken}
        assert mutant.rule in broken, f"{mutant.rule} is not broken in {told(trial)}"
        assert broken <= {mutant.rule, *mutant.also}, told(trial)
