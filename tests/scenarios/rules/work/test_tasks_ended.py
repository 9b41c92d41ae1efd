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
    worker.wait(61.0)
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


def run_until_the_limit(worker: Any) -> Run:
    worker.wait(27.0)
    record: Run = worker.run_record(ended_by="time-limit")
    return record


def is_judged(run: Run) -> bool:
    """Whether the rule is judged. If it is, the run breaks it, because each run here has an open task."""
    has_occasion = TasksEnded().had_occasion(run)
    assert bool(TasksEnded().check(run)) == has_occasion
    return has_occasion


def test_a_worker_that_may_read_the_list_later_is_not_judged(scripted_worker: MakeWorker) -> None:
    """It reads the list once in 30 seconds, and takes a few tasks each time."""
    worker = scripted_worker()
    done, _ = worker.add_tasks(2)
    worker.list_tasks()
    worker.do_tasks(done)
    worker.send_heartbeat()
    run = run_until_the_limit(worker)
    assert not is_judged(run)
    assert "--time-limit" in TasksEnded().why_not_judged(run)


def test_a_task_that_came_after_the_last_list_is_not_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.do_tasks(task)
    worker.list_tasks()
    worker.change_task(task, status="pending")
    assert not is_judged(run_until_the_limit(worker))


def test_a_worker_that_does_not_read_the_list_for_a_minute_is_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    done, _ = worker.add_tasks(2)
    worker.do_tasks(done)
    worker.wait(33.0)
    assert is_judged(run_until_the_limit(worker))


def test_a_worker_that_read_the_list_after_the_task_was_open_is_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    done, _ = worker.add_tasks(2)
    worker.do_tasks(done)
    worker.list_tasks(status="queued")
    assert is_judged(run_until_the_limit(worker))


@pytest.mark.parametrize("fault", ["reset", "garbage", "wrong-content-type"])
def test_a_worker_that_sends_nothing_after_trouble_is_judged(scripted_worker: MakeWorker, fault: str) -> None:
    worker = scripted_worker()
    done, _ = worker.add_tasks(2)
    worker.update(done, "running")
    worker.update(done, "completed", how={"fault": fault})
    worker.change_task(done, status="completed")
    assert is_judged(run_until_the_limit(worker))


def test_a_worker_that_sends_nothing_after_a_refusal_is_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    foreign, _ = worker.add_tasks(2)
    worker.reassign_task(foreign)
    worker.update(foreign, "running")
    assert is_judged(run_until_the_limit(worker))


def test_a_worker_that_left_a_task_running_is_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(), "running")
    assert is_judged(run_until_the_limit(worker))


def test_a_look_up_of_running_tasks_is_no_look_at_the_list(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    done, _ = worker.add_tasks(2)
    worker.list_tasks()
    worker.update(done, "running")
    worker.update(done, "completed", how={"fault": "lost-answer"})
    worker.list_tasks(status="running")
    assert not is_judged(run_until_the_limit(worker))
