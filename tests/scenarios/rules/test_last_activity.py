"""What a worker did last before its run ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules.last_activity import last_activity
from workerkit.scenarios.rules.work.tasks_ended import TasksEnded
from workerkit.scenarios.run_record.run import Run

Make = Callable[..., Exchange]
RunOf = Callable[..., Run]
Scripted = Callable[..., Any]


def test_a_worker_that_fell_silent(attempt: Make, run_of: RunOf) -> None:
    last = attempt(0.3)
    run = run_of([attempt(0.0, status=200), last], ended_by="time-limit", recorded_at=last.ended + 27)
    assert last_activity(run) == (
        "The worker sent nothing for 27.0 s after exchange 2 (PUT updateTask at 0.300 s, answered 401)."
    )


def test_a_worker_that_waited_for_an_answer(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.add_task(status="pending")
    worker.send("GET", "/tasks", fault="hang", took=20.0)
    text = last_activity(worker.run_record(ended_by="time-limit"))
    assert text == "The worker waited 20.0 s for the answer in exchange 2 (GET listTasks at 0.001 s)."


def test_a_worker_that_only_reads_lists(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(status="pending"), "running")
    for _ in range(10):
        worker.wait(1.0)
        worker.list_tasks()
    text = last_activity(worker.run_record(ended_by="time-limit"))
    assert text.startswith("The worker reported no task for 10.0 s after exchange 2 (PUT updateTask at ")


def test_a_worker_that_is_at_work_gets_no_sentence(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(status="pending"), "running")
    assert last_activity(worker.run_record(ended_by="time-limit")) == ""
    assert last_activity(worker.run_record(ended_by="until")) == ""


def test_a_worker_that_exited(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    assert last_activity(worker.run_record()) == (
        "The worker exited after exchange 1 (POST heartbeat at 0.000 s, answered 200)."
    )


def test_tasks_that_were_left_are_shown_by_the_last_exchange(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.add_task(status="pending")
    worker.list_tasks()
    (violation,) = TasksEnded().check(worker.run_record())
    assert violation.follows_from == TasksEnded.follows_from
    assert violation.exchanges == (2,)
    assert "The worker exited after exchange 2 (GET listTasks" in violation.short_message


def test_tasks_whose_reports_were_refused_are_shown_by_these_reports(scripted_worker: Scripted) -> None:
    worker = scripted_worker(transitions="strict", refused_transition="409")
    worker.update(worker.add_task(status="pending"), "completed")
    worker.send_heartbeat()
    (violation,) = TasksEnded().check(worker.run_record())
    assert "running-before-end" in violation.follows_from
    assert violation.exchanges == (2, 3)
    assert "The server refused the last report of 1 of them (409)." in violation.fact
