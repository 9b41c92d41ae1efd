"""For how long a worker has done nothing although it has open tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.scenarios.model.scenario import Expectation
from workerkit.scenarios.rules.judge import has_failed, judge
from workerkit.scenarios.run_record.applied_faults import AppliedFaults
from workerkit.scenarios.run_record.idleness import idle_seconds

MakeWorker = Callable[..., Any]


def poll(worker: Any, count: int, *, pause: float = 1.0) -> None:
    for _ in range(count):
        worker.wait(pause)
        worker.list_tasks()


@pytest.fixture
def worker(scripted_worker: MakeWorker) -> Any:
    """A worker that has one open task."""
    worker = scripted_worker()
    worker.add_task()
    return worker


def test_a_worker_that_only_polls_is_idle_except_for_its_longest_pause(worker: Any) -> None:
    poll(worker, 12)
    worker.send_heartbeat()
    assert idle_seconds(worker.run_record()) == pytest.approx(11, abs=0.1)


def test_a_long_pause_is_counted_as_two_seconds_at_most(worker: Any) -> None:
    poll(worker, 6)
    worker.wait(9)
    poll(worker, 6)
    assert idle_seconds(worker.run_record()) == pytest.approx(12 + 9 - 2, abs=0.1)


def test_a_few_polls_say_nothing(worker: Any) -> None:
    poll(worker, 9, pause=10)
    assert idle_seconds(worker.run_record()) == 0


@pytest.mark.parametrize(
    "news",
    [
        lambda worker: worker.send_logs("still here"),
        lambda worker: worker.list_tasks(how={"fault": "status", "status": 503}),
        lambda worker: worker.list_tasks(how={"fault": "truncated-json"}),
        lambda worker: worker.change_task(worker.run_record().tasks[0]["id"], status="queued"),
    ],
    ids=["a request", "a failed poll", "an unreadable poll", "a change of the world"],
)
def test_the_time_begins_with_the_last_news(worker: Any, news: Callable[[Any], object]) -> None:
    poll(worker, 20)
    news(worker)
    poll(worker, 11)
    assert idle_seconds(worker.run_record()) == pytest.approx(10, abs=0.1)


def test_a_worker_without_open_tasks_is_not_idle(worker: Any) -> None:
    poll(worker, 20)
    worker.change_task(worker.run_record().tasks[0]["id"], status="canceled")
    poll(worker, 20)
    assert idle_seconds(worker.run_record()) == 0


def test_a_worker_whose_answer_is_held_back_is_not_idle(worker: Any) -> None:
    poll(worker, 20)
    held = AppliedFaults(3, (), is_over=False)
    assert idle_seconds(worker.run_record(applied_faults=(held,))) == 0


# A verdict that is certain


def test_only_rules_that_stay_broken_make_a_verdict_certain(worker: Any) -> None:
    task = worker.run_record().tasks[0]["id"]
    worker.update(task, "running")
    run = worker.run_record(ended_by="time-limit", exit_code=None)
    assert not has_failed(run)
    worker.send_logs("text", level="TRACE")
    assert has_failed(worker.run_record(ended_by="time-limit", exit_code=None))


def test_a_run_that_ended_because_it_failed_is_not_blamed_for_what_was_still_possible(worker: Any) -> None:
    worker.send_logs("text", level="TRACE")
    run = worker.run_record(ended_by="time-limit", exit_code=None)
    run = replace(run, scenario=replace(run.scenario, expect=(Expectation("tasks-ended"),)))
    assert [violation.rule for violation in judge(run).broken] == ["tasks-ended", "log-levels"]
    assert [violation.rule for violation in judge(replace(run, ended_by="failed")).broken] == ["log-levels"]
