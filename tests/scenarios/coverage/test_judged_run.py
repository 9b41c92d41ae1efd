"""Which exchanges show that a worker broke a rule because of trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.scenarios.coverage.judged_run import NEVER_BY_TROUBLE, JudgedRun
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.violation import Violation

Scripted = Callable[..., Any]


def failed(worker: Any, *violations: Violation) -> set[int]:
    verdict = Verdict("day", passed=False, broken=violations)
    return set(JudgedRun(worker.run_record(), verdict).failed_exchanges)


def test_exchanges_with_trouble_that_show_a_broken_rule(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.list_tasks(how={"fault": "empty-answer"})
    worker.list_tasks()
    assert failed(worker, Violation("process-not-crashed", "", (2,))) == {2}
    assert failed(worker, Violation("one-end-per-task", "", (2, 3))) == {2}


def test_a_rule_that_was_broken_mostly_without_trouble_was_not_broken_because_of_it(
    scripted_worker: Scripted,
) -> None:
    worker = scripted_worker()
    worker.list_tasks(how={"fault": "empty-answer"})
    worker.list_tasks()
    assert failed(worker, Violation("one-end-per-task", "", (1, 2, 3))) == set()
    assert failed(worker, Violation("running-before-end", "", (2,))) == set()


def test_the_rules_that_are_never_broken_because_of_trouble_exist() -> None:
    assert set(RULES) >= NEVER_BY_TROUBLE
