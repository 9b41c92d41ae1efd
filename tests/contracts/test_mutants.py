"""A conformance run finds what was broken on purpose; `python -m benchmarks.soundness.mutants` tries all."""

from __future__ import annotations

import pytest

from tests.broken import MUTANTS
from tests.broken.trial import TOUR, found, trial
from workerkit.contracts.page.rules import RULE_IDS


def enough_for_every_rule() -> list[str]:
    """Those that break a rule which none before them does."""
    names: list[str] = []
    seen: set[str] = set()
    for name, mutant in MUTANTS.items():
        if not seen.issuperset(mutant.rules):
            names.append(name)
            seen.update(mutant.rules)
    return names


@pytest.mark.parametrize("name", enough_for_every_rule())
def test_a_mutant_breaks_one_of_its_rules(name: str) -> None:
    assert set(found(trial(name, most=TOUR))) & set(MUTANTS[name].rules)


def test_each_rule_has_a_mutant_that_breaks_it() -> None:
    assert {rule for mutant in MUTANTS.values() for rule in mutant.rules} == RULE_IDS
