"""From the list to the result: pages, running, one end, retries, the right result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.scenarios.run_record.run import Run

Begin = Callable[..., Any]
BrokenIn = Callable[[Run], list[str]]

FAILED = {"error_message": "Captcha failed"}


# Careful workers of several styles keep all rules


def test_one_task_after_the_other_by_put(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.tasks(5)
    while tasks := worker.list(limit=2):
        worker.do(*tasks)
    assert broken_in(worker.run()) == []


def test_all_pages_first_by_cursor_and_then_in_bulk(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(5)
    page = worker.list(limit=2)
    while page:
        page = worker.list(limit=2, after=page[-1])
    worker.bulk(*({"link_id": task, "status": "running"} for task in tasks))
    worker.bulk(*({"link_id": task, "status": "completed"} for task in tasks))
    assert worker.list() == []
    assert broken_in(worker.run()) == []


def test_by_callbacks(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(complete_twice="twice")
    for task in worker.tasks(3):
        worker.ask("POST", "/callback/link/update", {"link_id": task, "status": "running"})
        worker.complete(task, link_post=f"https://blog.example/{task}")
    assert broken_in(worker.run()) == []


def test_an_update_and_the_callback_that_counts_the_link(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.do(task)
    worker.complete(task)
    worker.put(task, None, is_indexed=True)
    worker.put(task, "completed", is_indexed=True)
    assert broken_in(worker.run()) == []


def test_a_daemon_that_is_ended_in_the_middle(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(30)
    for _ in range(5):
        worker.list(limit=10)
        worker.wait(1)
    worker.do(tasks[0])
    worker.put(tasks[1], "running")
    assert broken_in(worker.run(ended_by="until", exit_code=None)) == []


def test_many_threads_in_any_order(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(8)
    worker.list()
    for status in ("running", "completed"):
        for task in tasks[::3] + tasks[1::3] + tasks[2::3]:
            worker.put(task, status)
    assert broken_in(worker.run()) == []


def test_a_worker_that_was_started_again_resumes_what_runs(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    running, waiting = worker.task(status="running"), worker.task()
    worker.put(waiting, "running")
    for task in worker.list(status="running"):
        worker.put(task, "running")
        worker.put(task, "completed")
    assert running in worker.list(status="completed")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("retry_count", ["on-requeue", "on-failure", "never"])
@pytest.mark.parametrize("retry", ["manual", "automatic"])
def test_retries_as_often_as_the_list_allows(
    story: Begin, broken_in: BrokenIn, retry: str, retry_count: str
) -> None:
    worker = story(retry=retry, retry_count=retry_count)
    task = worker.task(max_retries=2)
    for _ in range(5):
        page = worker.ask("GET", "/tasks?status=pending,failed")["data"]
        if page[0]["status"] == "failed":
            if page[0]["retry_count"] >= page[0]["max_retries"] or retry == "automatic":
                break
            worker.put(task, "pending")
        worker.put(task, "running")
        worker.put(task, "failed", **FAILED)
    assert broken_in(worker.run()) == []


# Careless ones break one rule each


def test_ending_a_task_that_never_ran(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.put(worker.task(), "completed")
    assert broken_in(worker.run()) == ["running-before-end"]


def test_ending_a_retried_task_that_did_not_run_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "failed", **FAILED)
    worker.put(task, "pending")
    worker.put(task, "completed")
    assert broken_in(worker.run()) == ["running-before-end"]


def test_a_task_set_back_behind_the_workers_back_did_run(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.change(task, status="pending")
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


def test_a_running_that_was_answered_but_not_applied_did_run(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running", {"fault": "unapplied"})
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("again", ["completed", "failed", "running", "canceled"])
def test_reporting_a_completed_task_again(story: Begin, broken_in: BrokenIn, again: str) -> None:
    worker = story()
    task = worker.task()
    worker.do(task)
    worker.put(task, again, **(FAILED if again == "failed" else {}))
    assert broken_in(worker.run(ended_by="until")) == ["one-end-per-task"]


def test_a_task_that_is_listed_twice_is_done_once(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    assert worker.list(how={"fault": "listed-twice"}) == [task, task]
    worker.do(task)
    assert broken_in(worker.run()) == []
    worker.do(task)
    assert broken_in(worker.run()) == ["one-end-per-task"]


def test_a_failure_reported_because_the_answer_to_the_completion_was_lost(
    story: Begin, broken_in: BrokenIn
) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "completed", {"fault": "lost-answer"})
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []
    worker.put(task, "failed", error_message="Timeout")
    assert broken_in(worker.run()) == ["one-end-per-task"]


@pytest.mark.parametrize("by", ["list", "worker"])
def test_a_task_that_was_opened_again_may_end_again(story: Begin, broken_in: BrokenIn, by: str) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "failed", **FAILED)
    if by == "list":
        worker.change(task, status="pending")
        worker.list()
    else:
        worker.put(task, "pending")
    worker.do(task)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("steps", [("running",), ("queued", "running"), ("pending", "running")])
def test_doing_a_completed_task_again_for_an_old_list(
    story: Begin, broken_in: BrokenIn, steps: tuple[str, ...]
) -> None:
    worker = story()
    task = worker.task()
    worker.list()
    worker.do(task)
    assert worker.list(how={"fault": "stale-page"}) == [task]
    assert broken_in(worker.run()) == []
    for status in (*steps, "completed"):
        worker.put(task, status)
    assert broken_in(worker.run()) == ["done-once"]


def test_an_old_list_is_no_reason_to_be_silent(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    first, second = worker.tasks(2)
    worker.list()
    worker.do(first)
    worker.list(how={"fault": "stale-page"})
    worker.put(first, None, note="is on the old list")
    worker.change(second, status="completed")
    worker.change(first, status="pending")
    worker.list()
    worker.do(first)
    assert broken_in(worker.run()) == []


def test_leaving_a_task_running(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.do(worker.task())
    worker.put(worker.task(), "running")
    assert broken_in(worker.run()) == ["none-left-running"]
    assert broken_in(worker.run(ended_by="time-limit", exit_code=None)) == []


def test_a_running_task_that_was_given_away_is_not_left(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.give_away(task)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("message", [{}, {"error_message": " "}])
def test_a_failure_without_a_reason(story: Begin, broken_in: BrokenIn, message: dict[str, str]) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "failed", **message)
    assert broken_in(worker.run()) == ["failed-with-message"]


@pytest.mark.parametrize("step", ["pending", "running"])
def test_retrying_once_too_often(story: Begin, broken_in: BrokenIn, step: str) -> None:
    worker = story()
    task = worker.task(max_retries=1)
    worker.list()
    for _ in range(2):
        worker.put(task, "running")
        worker.put(task, "failed", **FAILED)
        worker.put(task, step)
    worker.put(task, "canceled")
    assert broken_in(worker.run()) == ["retries-within-limit"]


def test_retrying_a_task_that_is_listed_as_failed_for_good(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task(status="failed", retry_count=3, max_retries=3)
    worker.list(status="failed")
    worker.put(task, "running")
    worker.put(task, "completed")
    assert broken_in(worker.run()) == ["retries-within-limit"]


def test_a_retry_that_is_repeated_because_its_answer_was_lost_counts_once(
    story: Begin, broken_in: BrokenIn
) -> None:
    worker = story()
    task = worker.task(max_retries=1)
    worker.put(task, "running")
    worker.put(task, "failed", **FAILED)
    worker.list(status="failed")
    worker.put(task, "pending", {"fault": "lost-answer"})
    worker.put(task, "pending", {"fault": "status", "status": 503})
    worker.put(task, "pending")
    worker.do(task)
    assert broken_in(worker.run()) == []


def test_the_last_retry_is_allowed(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task(status="pending", retry_count=3, max_retries=3)
    worker.do(*worker.list())
    assert broken_in(worker.run()) == []


def test_pages_by_number_that_shrink_under_the_workers_own_updates(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.tasks(6)
    for page in (1, 2, 3):
        worker.do(*worker.list(limit=2, page=page))
    assert broken_in(worker.run()) == ["every-page-read"]


def test_only_the_first_page(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.tasks(6)
    worker.do(*worker.list(limit=2))
    assert broken_in(worker.run()) == ["every-page-read"]


def test_only_the_first_page_for_good_reasons(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task(status="running")
    worker.tasks(6)
    worker.do(*worker.list(limit=2))
    assert broken_in(worker.run(whole=False)) == []
    assert broken_in(worker.run(exit_code=1)) == ["process-not-crashed"]
    for trouble in ({"fault": "status", "status": 503}, {"fault": "wrong-content-type"}):
        worker.list(limit=2, how=trouble)
        assert broken_in(worker.run()) == ["goes-on-after-trouble"]
    worker.list(limit=100)
    assert broken_in(worker.run()) == []


def test_a_worker_that_is_shown_an_old_page_at_the_end(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.do(*worker.list())
    worker.tasks(2)
    worker.list(how={"fault": "stale-page"})
    assert broken_in(worker.run()) == []


def test_tasks_that_are_filtered_out_or_came_late_are_not_missed(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task(service_type="blog")
    late = worker.task(service_type="entity", server="server-02")
    worker.do(worker.task(service_type="entity"))
    assert worker.list(service_type="entity") == []
    own = worker.world.server("server-01")
    worker.world.reassign(worker.world.task(late), own, by="the scenario")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize(
    "link", ["https://{site}/post/{other}", "https://{other_site}/post/1"], ids=["id", "site"]
)
def test_the_result_of_another_task(story: Begin, broken_in: BrokenIn, link: str) -> None:
    worker = story()
    tasks = [worker.task(site_name=f"site-{number}.example") for number in range(4)]
    for number, task in enumerate(tasks):
        wrong = {"site": f"site-{number}.example", "other": tasks[0], "other_site": "site-0.example"}
        post = link.format(**wrong) if number == 3 else f"https://site-{number}.example/post/{task}"
        worker.put(task, "running")
        worker.put(task, "completed", link_post=post)
    run = worker.run()
    assert broken_in(run) == ["result-of-its-own-task"]


def test_a_stub_that_returns_one_link_for_all(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for site in ("example.com", "site-1.example", "site-2.example"):
        task = worker.task(site_name=site)
        worker.put(task, "running")
        worker.put(task, "completed", link_post="https://example.com/post/456")
    assert broken_in(worker.run()) == []
