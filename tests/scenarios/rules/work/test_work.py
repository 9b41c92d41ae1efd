"""Rules about tasks: pages of the list, statuses, ends, retries and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.scenarios.rules.work.request_closed_last import RequestClosedLast
from workerkit.scenarios.rules.work.retries_used import RetriesUsed
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
BrokenRules = Callable[[Run], list[str]]

FAILED = {"error_message": "Captcha failed"}


# Careful workers in several styles break no rule


def test_one_task_after_the_other_by_put(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.add_tasks(5)
    while tasks := worker.list_tasks(limit=2):
        worker.do_tasks(*tasks)
    assert broken_rules(worker.run_record()) == []


def test_all_pages_first_by_cursor_and_then_in_bulk(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(5)
    page = worker.list_tasks(limit=2)
    while page:
        page = worker.list_tasks(limit=2, after=page[-1])
    worker.bulk_update(*({"link_id": task, "status": "running"} for task in tasks))
    worker.bulk_update(*({"link_id": task, "status": "completed"} for task in tasks))
    assert worker.list_tasks() == []
    assert broken_rules(worker.run_record()) == []


def test_by_callbacks(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker(complete_twice="twice")
    for task in worker.add_tasks(3):
        worker.send("POST", "/callback/link/update", {"link_id": task, "status": "running"})
        worker.complete_link(task, link_post=f"https://blog.example/{task}")
    assert broken_rules(worker.run_record()) == []


def test_an_update_and_the_callback_that_counts_the_link(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.do_tasks(task)
    worker.complete_link(task)
    worker.update(task, None, is_indexed=True)
    worker.update(task, "completed", is_indexed=True)
    assert broken_rules(worker.run_record()) == []


def test_a_daemon_that_is_ended_in_the_middle(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(30)
    for _ in range(5):
        worker.list_tasks(limit=10)
        worker.wait(1)
    worker.do_tasks(tasks[0])
    worker.update(tasks[1], "running")
    assert broken_rules(worker.run_record(ended_by="until", exit_code=None)) == []


def test_many_threads_in_any_order(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(8)
    worker.list_tasks()
    for status in ("running", "completed"):
        for task in tasks[::3] + tasks[1::3] + tasks[2::3]:
            worker.update(task, status)
    assert broken_rules(worker.run_record()) == []


def test_a_worker_that_was_started_again_resumes_what_runs(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    running, waiting = worker.add_task(status="running"), worker.add_task()
    worker.update(waiting, "running")
    for task in worker.list_tasks(status="running"):
        worker.update(task, "running")
        worker.update(task, "completed")
    assert running in worker.list_tasks(status="completed")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("retry_count", ["on-requeue", "on-failure", "never"])
@pytest.mark.parametrize("retry", ["manual", "automatic"])
def test_retries_as_often_as_the_list_allows(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, retry: str, retry_count: str
) -> None:
    worker = scripted_worker(retry=retry, retry_count=retry_count)
    task = worker.add_task(max_retries=2)
    for _ in range(5):
        page = worker.send("GET", "/tasks?status=pending,failed")["data"]
        if page[0]["status"] == "failed":
            if page[0]["retry_count"] >= page[0]["max_retries"] or retry == "automatic":
                break
            worker.update(task, "pending")
        worker.update(task, "running")
        worker.update(task, "failed", **FAILED)
    assert broken_rules(worker.run_record()) == []


# Careless workers break one rule each


def test_ending_a_task_that_never_ran(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(), "completed")
    assert broken_rules(worker.run_record()) == ["running-before-end"]


def test_ending_a_retried_task_that_did_not_run_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "failed", **FAILED)
    worker.update(task, "pending")
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == ["running-before-end"]


def test_a_task_that_a_scenario_set_back_did_run(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.change_task(task, status="pending")
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


def test_a_running_that_was_answered_but_not_applied_did_run(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running", {"fault": "unapplied"})
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("again", ["completed", "failed", "running", "canceled"])
def test_reporting_a_completed_task_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, again: str
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.do_tasks(task)
    worker.update(task, again, **(FAILED if again == "failed" else {}))
    assert broken_rules(worker.run_record(ended_by="until")) == ["one-end-per-task"]


def test_a_task_that_is_listed_twice_is_done_once(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    assert worker.list_tasks(how={"fault": "listed-twice"}) == [task, task]
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == ["one-end-per-task"]


def test_a_result_is_repeated_if_the_worker_closed_the_connection_before_it_took_the_answer(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.do_tasks(task := worker.add_task())
    worker.update(task, "completed")
    run = worker.run_record()
    assert broken_rules(run) == ["one-end-per-task"]
    assert broken_rules(replace(run, undelivered=frozenset({run.exchanges[-2].number}))) == []


def test_a_failure_reported_because_the_answer_to_the_completion_was_lost(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "completed", {"fault": "lost-answer"})
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []
    worker.update(task, "failed", error_message="Timeout")
    assert broken_rules(worker.run_record()) == ["one-end-per-task"]


@pytest.mark.parametrize("by", ["list", "worker"])
def test_a_task_that_was_opened_again_may_end_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, by: str
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "failed", **FAILED)
    if by == "list":
        worker.change_task(task, status="pending")
        worker.list_tasks()
    else:
        worker.update(task, "pending")
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("steps", [("running",), ("queued", "running"), ("pending", "running")])
def test_doing_a_completed_task_again_for_an_old_list(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, steps: tuple[str, ...]
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.list_tasks()
    worker.do_tasks(task)
    assert worker.list_tasks(how={"fault": "stale-page"}) == [task]
    assert broken_rules(worker.run_record()) == []
    for status in (*steps, "completed"):
        worker.update(task, status)
    assert broken_rules(worker.run_record()) == ["done-once"]


def test_an_old_list_does_not_forbid_reports(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2)
    worker.list_tasks()
    worker.do_tasks(first)
    worker.list_tasks(how={"fault": "stale-page"})
    worker.update(first, None, note="is on the old list")
    worker.change_task(second, status="completed")
    worker.change_task(first, status="pending")
    worker.list_tasks()
    worker.do_tasks(first)
    assert broken_rules(worker.run_record()) == []


def test_leaving_a_task_running(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.do_tasks(worker.add_task())
    worker.update(worker.add_task(), "running")
    assert broken_rules(worker.run_record()) == ["none-left-running"]
    assert broken_rules(worker.run_record(ended_by="time-limit", exit_code=None)) == []


def test_a_running_task_that_was_given_away_is_not_left(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.reassign_task(task)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("message", [{}, {"error_message": " "}])
def test_a_failure_without_a_reason(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, message: dict[str, str]
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "failed", **message)
    assert broken_rules(worker.run_record()) == ["failed-with-message"]


@pytest.mark.parametrize("step", ["pending", "running"])
def test_retrying_once_too_often(scripted_worker: MakeWorker, broken_rules: BrokenRules, step: str) -> None:
    worker = scripted_worker()
    task = worker.add_task(max_retries=1)
    worker.list_tasks()
    for _ in range(2):
        worker.update(task, "running")
        worker.update(task, "failed", **FAILED)
        worker.update(task, step)
    worker.update(task, "canceled")
    assert broken_rules(worker.run_record()) == ["retries-within-limit"]


def test_retrying_a_task_that_is_listed_as_failed_for_good(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task(status="failed", retry_count=3, max_retries=3)
    worker.list_tasks(status="failed")
    worker.update(task, "running")
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == ["retries-within-limit"]


def test_a_retry_that_is_repeated_because_its_answer_was_lost_counts_once(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task(max_retries=1)
    worker.update(task, "running")
    worker.update(task, "failed", **FAILED)
    worker.list_tasks(status="failed")
    worker.update(task, "pending", {"fault": "lost-answer"})
    worker.update(task, "pending", {"fault": "status", "status": 503})
    worker.update(task, "pending")
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


def test_the_last_retry_is_allowed(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.add_task(status="pending", retry_count=3, max_retries=3)
    worker.do_tasks(*worker.list_tasks())
    assert broken_rules(worker.run_record()) == []


def test_pages_by_number_that_shrink_under_the_workers_own_updates(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.add_tasks(6)
    for page in (1, 2, 3):
        worker.do_tasks(*worker.list_tasks(limit=2, page=page))
    assert broken_rules(worker.run_record()) == ["every-page-read"]


def test_only_the_first_page(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.add_tasks(6)
    worker.do_tasks(*worker.list_tasks(limit=2))
    assert broken_rules(worker.run_record()) == ["every-page-read"]


def test_only_the_first_page_for_good_reasons(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.add_task(status="running")
    worker.add_tasks(6)
    worker.do_tasks(*worker.list_tasks(limit=2))
    assert broken_rules(worker.run_record(is_complete=False)) == []
    assert broken_rules(worker.run_record(exit_code=1)) == ["process-not-crashed"]
    for trouble in ({"fault": "status", "status": 503}, {"fault": "wrong-content-type"}):
        worker.list_tasks(limit=2, how=trouble)
        assert broken_rules(worker.run_record()) == ["goes-on-after-trouble"]
    worker.list_tasks(limit=100)
    assert broken_rules(worker.run_record()) == []


def test_a_worker_that_gets_an_old_page_at_the_end(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.do_tasks(*worker.list_tasks())
    worker.add_tasks(2)
    worker.list_tasks(how={"fault": "stale-page"})
    assert broken_rules(worker.run_record()) == []


def test_tasks_that_are_filtered_out_or_came_late_are_not_missed(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.add_task(service_type="blog")
    late = worker.add_task(service_type="entity", server="server-02")
    worker.do_tasks(worker.add_task(service_type="entity"))
    assert worker.list_tasks(service_type="entity") == []
    own = worker.world.server("server-01")
    worker.world.reassign(worker.world.task(late), own, by="the scenario")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize(
    "link", ["https://{site}/post/{other}", "https://{other_site}/post/1"], ids=["id", "site"]
)
def test_the_result_of_another_task(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, link: str
) -> None:
    worker = scripted_worker()
    tasks = [worker.add_task(site_name=f"site-{number}.example") for number in range(4)]
    for number, task in enumerate(tasks):
        wrong = {"site": f"site-{number}.example", "other": tasks[0], "other_site": "site-0.example"}
        post = link.format(**wrong) if number == 3 else f"https://site-{number}.example/post/{task}"
        worker.update(task, "running")
        worker.update(task, "completed", link_post=post)
    run = worker.run_record()
    assert broken_rules(run) == ["result-of-its-own-task"]


def test_a_stub_that_returns_one_link_for_all(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    for site in ("example.com", "site-1.example", "site-2.example"):
        task = worker.add_task(site_name=site)
        worker.update(task, "running")
        worker.update(task, "completed", link_post="https://example.com/post/456")
    assert broken_rules(worker.run_record()) == []


def test_a_result_of_a_waiting_task_that_is_refused_breaks_running_before_end(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict", refused_transition="409")
    worker.update(worker.add_task(status="pending"), "completed")
    assert broken_rules(worker.run_record()) == ["running-before-end"]


def test_a_refused_result_of_a_task_that_was_set_back_is_no_fault(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict", refused_transition="400")
    task = worker.add_task(status="queued")
    worker.update(task, "running")
    worker.change_task(task, status="pending")
    worker.update(task, "completed")
    assert "running-before-end" not in broken_rules(worker.run_record())


def test_a_result_that_is_refused_for_a_wrong_field_is_not_judged_by_running_before_end(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(status="queued"), "completed", link_post=7)
    assert broken_rules(worker.run_record()) == ["documented-requests"]


# Customers' requests


def close(worker: Any, task: str, status: str = "completed") -> None:
    request = worker.world.tasks[task].request.id
    worker.send("POST", "/callback/request/status", {"request_id": request, "status": status})


@pytest.fixture
def one_request(scripted_worker: MakeWorker) -> Any:
    """A worker whose two tasks belong to the same customer's request, and the ids of the tasks."""
    worker = scripted_worker()
    request = next(iter(worker.world.requests))
    return worker, worker.add_tasks(2, request_id=request)


def test_a_request_is_closed_before_its_last_task(one_request: Any, broken_rules: BrokenRules) -> None:
    worker, (first, second) = one_request
    worker.list_tasks()
    worker.do_tasks(first)
    close(worker, first)
    worker.do_tasks(second)
    run = worker.run_record()
    assert broken_rules(run) == ["request-closed-last"]
    assert RequestClosedLast().check(run)[0].exchanges == (5, 7)


def test_a_request_is_closed_after_its_last_task(one_request: Any, broken_rules: BrokenRules) -> None:
    worker, (first, second) = one_request
    worker.list_tasks()
    worker.do_tasks(first)
    close(worker, first, "running")
    worker.update(second, "running")
    worker.update(second, "failed", error_message="Captcha failed")
    close(worker, first)
    worker.update(second, "pending")
    worker.do_tasks(second)
    assert broken_rules(worker.run_record()) == []


def test_tasks_that_the_worker_did_not_know_when_it_closed_the_request(
    one_request: Any, broken_rules: BrokenRules
) -> None:
    worker, (first, second) = one_request
    worker.list_tasks(limit=1)
    worker.do_tasks(first)
    close(worker, first)
    worker.list_tasks()
    worker.do_tasks(second)
    assert broken_rules(worker.run_record()) == []


def test_a_result_that_is_repeated_after_the_request_was_closed(
    one_request: Any, broken_rules: BrokenRules
) -> None:
    worker, (first, second) = one_request
    worker.list_tasks()
    worker.do_tasks(first)
    worker.update(second, "running")
    worker.update(second, "completed", {"fault": "status", "status": 503})
    close(worker, first)
    worker.wait(1)
    worker.update(second, "completed")
    assert broken_rules(worker.run_record()) == []


# Retries that are used


def failing(worker: Any, count: int, **fields: Any) -> list[str]:
    """Adds tasks, and reports each as failed. Returns their ids."""
    tasks: list[str] = worker.add_tasks(count, **fields)
    for task in tasks:
        worker.update(task, "running")
        worker.update(task, "failed", **FAILED)
    return tasks


def test_a_worker_that_retries_one_of_its_failed_tasks(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker(retry="manual")
    first, second = failing(worker, 2, max_retries=1)
    worker.update(first, "pending")
    worker.do_tasks(first)
    (violation,) = RetriesUsed().check(worker.run_record())
    assert second in violation.message
    assert RetriesUsed().check(worker.run_record(ended_by="until")) == []


def test_one_more_attempt_for_each_failed_task_is_enough(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker(retry="manual")
    for task in failing(worker, 2, max_retries=5):
        worker.update(task, "running")
        worker.update(task, "failed", **FAILED)
    run = worker.run_record()
    assert (RetriesUsed().check(run), RetriesUsed().had_occasion(run)) == ([], True)


def test_a_worker_that_sets_no_task_back_is_not_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker(retry="manual")
    failing(worker, 2, max_retries=1)
    run = worker.run_record()
    assert (RetriesUsed().check(run), RetriesUsed().had_occasion(run)) == ([], False)
