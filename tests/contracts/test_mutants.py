"""A conformance run finds planted mistakes. `python -m benchmarks.soundness.mutants` tries all of them."""

from __future__ import annotations

import pytest

from tests.broken.trial import SCRIPT_REQUESTS, broken_rules, trial
from tests.sampling import sampled
from workerkit.contracts.page.rules import RULE_IDS
from workerkit.mockserver.mutants import MUTANTS


def enough_for_every_rule() -> list[str]:
    """A short list of mutants. Together they break each rule at least once."""
    names: list[str] = []
    covered: set[str] = set()
    for name, mutant in MUTANTS.items():
        if not covered.issuperset(mutant.rules):
            names.append(name)
            covered.update(mutant.rules)
    return names


@pytest.mark.parametrize("name", sampled(enough_for_every_rule(), every=3))
def test_a_mutant_breaks_one_of_its_rules(name: str) -> None:
    assert set(broken_rules(trial(name, most=SCRIPT_REQUESTS))) & set(MUTANTS[name].rules)


def test_each_rule_has_a_mutant_that_breaks_it() -> None:
    assert {rule for mutant in MUTANTS.values() for rule in mutant.rules} == RULE_IDS
