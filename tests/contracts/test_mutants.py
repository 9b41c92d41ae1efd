"""A conformance run finds what was broken on purpose; `python -m benchmarks.mutants` tries all of it."""

from __future__ import annotations

import pytest

from tests.broken import MUTANTS
from tests.broken.trial import TOUR, found_by
from workerkit.contracts.rules import RULE_IDS

# Every fourth: those of one kind stand side by side.
_SOME = list(MUTANTS)[::4]


@pytest.mark.parametrize("name", _SOME)
def test_a_mutant_breaks_one_of_its_rules(name: str) -> None:
    assert found_by(name, most=TOUR) & set(MUTANTS[name].rules)


def test_every_mutant_names_rules_that_there_are() -> None:
    assert {rule for each in MUTANTS.values() for rule in each.rules} <= RULE_IDS


def test_some_mutant_breaks_each_rule_that_no_other_one_stands_for() -> None:
    # A status that the page does not list is always one that another rule expects otherwise.
    assert RULE_IDS - {rule for each in MUTANTS.values() for rule in each.rules} <= {"statuses"}
