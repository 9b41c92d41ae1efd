"""Rules about results: links, and failures at a site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules.results.completed_with_link import CompletedWithLink
from workerkit.scenarios.rules.results.failure_reported import FailureReported
from workerkit.scenarios.rules.results.links_differ import LinksDiffer
from workerkit.scenarios.rules.results.no_link_to_api import NoLinkToApi
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
RunOf = Callable[..., Run]

FAILS = {"config": '{"simulate": "fail"}', "max_retries": 0}


# completed-with-link


@pytest.mark.parametrize("fields", [{}, {"link_post": ""}, {"link_profile": " "}])
def test_a_completed_task_without_a_link(scripted_worker: MakeWorker, fields: dict[str, str]) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "completed", **fields)
    (violation,) = CompletedWithLink().check(worker.run_record())
    assert violation.exchanges == (3,)


def test_a_link_may_come_with_any_report(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    before, with_it, after, callback = worker.add_tasks(4)
    worker.update(before, "running", link_profile="https://blog.example/u/1")
    worker.update(before, "completed")
    worker.bulk_update({"link_id": with_it, "status": "completed", "link_post": "https://blog.example/2"})
    worker.update(after, "completed")
    worker.update(after, None, link_post="https://blog.example/3")
    worker.complete_link(callback, link_post="https://blog.example/4")
    assert CompletedWithLink().check(worker.run_record()) == []


def test_tasks_that_the_worker_did_not_complete_need_no_link(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    failed, canceled, taken, refused = worker.add_tasks(4)
    worker.update(failed, "failed", error_message="Captcha failed")
    worker.update(canceled, "completed")
    worker.change_task(canceled, status="canceled")
    worker.update(taken, "completed")
    worker.reassign_task(taken)
    worker.update(refused, "completed", {"fault": "status", "status": 403})
    worker.change_task(refused, status="completed")
    assert CompletedWithLink().check(worker.run_record()) == []


# links-differ


def test_one_post_for_two_tasks(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    for task in worker.add_tasks(3):
        worker.update(task, "completed", link_post="https://blog.example/post")
    (violation,) = LinksDiffer().check(worker.run_record())
    assert violation.exchanges == (2, 3, 4)
    assert "This happened 2 times." in violation.message


@pytest.mark.parametrize(("site", "count"), [("a.example", 0), ("b.example", 1)])
def test_two_tasks_have_the_same_profile_only_with_the_same_account_on_the_same_site(
    scripted_worker: MakeWorker, site: str, count: int
) -> None:
    worker = scripted_worker()
    account = next(iter(worker.world.accounts))
    for site_name in ("a.example", site):
        task = worker.add_task(site_name=site_name, account_id=account)
        worker.update(task, "completed", link_profile="https://a.example/u/an", link_post=f"https://x/{task}")
    assert len(LinksDiffer().check(worker.run_record())) == count


def test_a_link_that_is_reported_again_for_its_own_task(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    for _ in range(2):
        worker.update(task, "completed", link_post="https://blog.example/post")
    assert LinksDiffer().check(worker.run_record()) == []


# no-link-to-api


@pytest.mark.parametrize(
    ("host", "link", "count"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/worker/tasks/1", 1),
        ("API.example", "https://api.example/profile/1", 1),
        ("127.0.0.1:8080", "http://127.0.0.1:9000/post/1", 0),
        ("api.example", "https://blog.example/?from=api.example", 0),
        ("api.example", "/api/v1/worker/tasks/1", 0),
        ("api.example", "http://[", 0),
    ],
)
def test_a_link_to_the_host_of_the_api(
    attempt: Callable[..., Exchange], run_of: RunOf, host: str, link: str, count: int
) -> None:
    body = f'{{"status": "completed", "link_post": "{link}"}}'.encode()
    report = attempt(0.0, status=200, request_body=body, request_headers=(("host", host),))
    assert len(NoLinkToApi().check(run_of([report]))) == count


# failure-reported


def test_a_task_that_is_meant_to_fail_is_completed(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2, **FAILS)
    worker.update(first, "failed", error_message="Captcha failed")
    worker.bulk_update({"link_id": second, "status": "completed"})
    (violation,) = FailureReported().check(worker.run_record())
    assert violation.exchanges == (3,)
    assert second in violation.message


def test_a_later_attempt_may_succeed(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    (task,) = worker.add_tasks(1, **{**FAILS, "max_retries": 3})
    for status in ("failed", "pending", "completed"):
        worker.update(task, status)
    run = worker.run_record()
    assert (FailureReported().check(run), FailureReported().had_occasion(run)) == ([], True)


def test_a_worker_that_simulates_no_failures_is_not_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    worker.do_tasks(*worker.add_tasks(2, **FAILS), worker.add_task(config="no JSON"))
    run = worker.run_record()
    assert (FailureReported().check(run), FailureReported().had_occasion(run)) == ([], False)
