"""Rule tasks-ended: tasks that were set back to pending after they had ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.scenarios.rules.work.tasks_ended import TasksEnded
from workerkit.scenarios.run_record.run import EndedBy, Run

MakeWorker = Callable[..., Any]


def run_with_a_task_set_back(make: MakeWorker, ended_by: EndedBy) -> Run:
    worker = make()
    task = worker.add_task()
    for change in ({"status": "running"}, {"status": "failed", "error_message": "x"}, {"status": "pending"}):
        worker.update(task, **change)
    record: Run = worker.run_record(ended_by=ended_by)
    return record


def test_a_task_that_was_set_back_when_the_scenario_was_over_keeps_the_rule(
    scripted_worker: MakeWorker,
) -> None:
    """The worker may try a failed task again between the end of the scenario and its own end."""
    assert TasksEnded().check(run_with_a_task_set_back(scripted_worker, "until")) == []


@pytest.mark.parametrize("ended_by", ["exit", "time-limit"])
def test_a_task_that_was_set_back_and_left_breaks_the_rule(
    scripted_worker: MakeWorker, ended_by: EndedBy
) -> None:
    assert TasksEnded().check(run_with_a_task_set_back(scripted_worker, ended_by))


def test_a_task_that_never_ended_breaks_the_rule(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    worker.add_task()
    assert TasksEnded().check(worker.run_record(ended_by="until"))
