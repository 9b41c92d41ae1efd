"""Rule tasks-ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from workerkit.scenarios.model.until import Until
from workerkit.scenarios.rules.work.tasks_ended import TasksEnded
from workerkit.scenarios.run_record.run import EndedBy, Run

RunOf = Callable[..., Run]
UNFINISHED = ({"id": "id-1", "status": "pending", "server": "server-01"},)


@pytest.mark.parametrize("ended_by", ["exit", "time-limit"])
def test_an_open_task_breaks_the_rule(run_of: RunOf, ended_by: EndedBy) -> None:
    assert TasksEnded().check(run_of(tasks=UNFINISHED, ended_by=ended_by))


def test_a_task_that_was_set_back_after_all_had_ended_keeps_the_rule(run_of: RunOf) -> None:
    """The worker may try a failed task again between the end of the scenario and its own end."""
    assert TasksEnded().check(run_of(tasks=UNFINISHED, ended_by="until")) == []


def test_an_open_task_breaks_the_rule_if_the_end_did_not_wait_for_tasks(run_of: RunOf) -> None:
    run = run_of(tasks=UNFINISHED, ended_by="until")
    by_time = replace(run, scenario=replace(run.scenario, until=Until(time=1.0)))
    assert TasksEnded().check(by_time)
