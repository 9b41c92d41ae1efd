from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.model.scenario import Expectation, Waiver
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.judge import judge, judge_in_steps, rules_of
from workerkit.scenarios.run_record.run import Run

Make = Callable[..., Exchange]
RunOf = Callable[..., Run]

UNFINISHED = ({"id": "id-1", "status": "running", "server": "server-01"},)


def expecting(run: Run, *expectations: Expectation) -> Run:
    return replace(run, scenario=replace(run.scenario, expect=expectations))


def hammering(attempt: Make, run_of: RunOf, **fields: Any) -> Run:
    return run_of([attempt(i * 0.01) for i in range(100)], **fields)


def test_a_run_without_a_fault_passes(run_of: RunOf) -> None:
    verdict = judge(run_of())
    assert (verdict.scenario, verdict.passed, verdict.broken) == ("quiet-day", True, ())
    assert {rule.rule: rule.why for rule in verdict.not_judged}["log-levels"] == "the worker sent no logs"


def test_a_verdict_can_be_made_in_steps_one_for_each_rule(attempt: Make, run_of: RunOf) -> None:
    run = hammering(attempt, run_of, exit_code=1)
    steps, rules = judge_in_steps(run), rules_of(run.scenario)
    for _ in rules:
        next(steps)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == judge(run)
    assert len(rules) > 10


def test_general_rules_hold_where_nothing_is_expected(attempt: Make, run_of: RunOf) -> None:
    verdict = judge(hammering(attempt, run_of, exit_code=1))
    assert not verdict.passed
    assert {"pause-on-401", "process-not-crashed"} <= {violation.rule for violation in verdict.broken}


def test_other_rules_hold_where_they_are_expected(run_of: RunOf) -> None:
    run = run_of(tasks=UNFINISHED)
    assert judge(run).passed
    assert [violation.rule for violation in judge(expecting(run, Expectation("tasks-ended"))).broken] == [
        "tasks-ended"
    ]


def test_a_scenario_tunes_a_rule(attempt: Make, run_of: RunOf) -> None:
    run = hammering(attempt, run_of)
    tuned = judge(expecting(run, Expectation("pause-on-401", {"attempts": 1000})))
    assert "pause-on-401" not in {violation.rule for violation in tuned.broken}


def test_a_scenario_waives_a_general_rule(attempt: Make, run_of: RunOf) -> None:
    run = hammering(attempt, run_of)
    waived = replace(run, scenario=replace(run.scenario, waive=(Waiver("pause-on-401", "not here"),)))
    broken, still_broken = (
        {violation.rule for violation in judge(one_run).broken} for one_run in (run, waived)
    )
    assert broken - still_broken == {"pause-on-401"}


def test_each_rule_is_checked_once_in_the_order_of_the_register(run_of: RunOf) -> None:
    run = expecting(run_of(), *(Expectation(rule) for rule in reversed(RULES)))
    assert [rule.id for rule in rules_of(run.scenario)] == list(RULES)
