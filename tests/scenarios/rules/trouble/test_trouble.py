"""What a worker does about trouble that passes: 5xx, 429, answers that are lost, broken or never come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.scenarios.run_record.run import Run

Begin = Callable[..., Any]
BrokenIn = Callable[[Run], list[str]]

BUSY = {"fault": "status", "status": 503}
LOST = {"fault": "lost-answer"}
GARBLED = ["truncated-json", "wrong-content-type", "garbage", "reset", "empty-answer", "close-in-body"]


def limited(seconds: int) -> dict[str, Any]:
    return {"fault": "status", "status": 429, "retry_after": seconds}


# Pauses


def test_pauses_that_grow(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    for attempt in range(5):
        worker.put(task, "completed", BUSY)
        worker.wait(0.1 * 2**attempt)
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("fault", [BUSY, {"fault": "reset"}])
@pytest.mark.parametrize(
    ("times", "pause", "rules"),
    [
        (5, 0.0, []),
        (6, 0.0, ["pause-on-5xx"]),
        (12, 0.02, []),
        (13, 0.02, ["pause-on-5xx"]),
        (30, 0.1, []),
    ],
)
def test_the_same_report_again_and_again(
    story: Begin, broken_in: BrokenIn, fault: dict[str, Any], times: int, pause: float, rules: list[str]
) -> None:
    worker = story()
    task = worker.task()
    for _ in range(times):
        worker.put(task, "running", fault)
        worker.wait(pause)
        worker.list()
    worker.do(task)
    assert broken_in(worker.run()) == rules


@pytest.mark.parametrize(("times", "rules"), [(16, []), (17, ["pause-on-5xx"])])
def test_the_same_list_again_and_again(
    story: Begin, broken_in: BrokenIn, times: int, rules: list[str]
) -> None:
    worker = story()
    for _ in range(times):
        worker.list(how=BUSY)
    worker.list()
    assert broken_in(worker.run()) == rules


def test_one_new_request_after_the_other_in_an_outage(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for task in worker.tasks(50):
        worker.put(task, "running", BUSY)
        worker.wait(0.02)
    assert broken_in(worker.run(ended_by="until")) == ["pause-on-5xx"]


def test_many_threads_that_are_struck_now_and_then(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for number, task in enumerate(worker.tasks(200)):
        if number % 3 == 0:
            worker.put(task, "running", BUSY)
        worker.do(task)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize(("waited", "rules"), [(2.0, []), (1.95, []), (1.5, ["pause-on-429"])])
def test_a_report_before_retry_after_is_over(
    story: Begin, broken_in: BrokenIn, waited: float, rules: list[str]
) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running", limited(2))
    worker.wait(waited)
    worker.do(task)
    assert broken_in(worker.run()) == rules


def test_threads_that_are_each_told_to_wait(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for _ in range(8):
        worker.list(how=limited(1))
    for task in worker.tasks(8):
        worker.put(task, "running", limited(1))
    worker.wait(1)
    worker.do(*worker.list())
    assert broken_in(worker.run()) == []


def test_a_list_before_retry_after_is_over_again_and_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for _ in range(12):
        worker.list(how=limited(1))
        worker.wait(0.05)
    assert broken_in(worker.run()) == ["pause-on-429"]


def test_a_loop_over_429_without_retry_after(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for _ in range(50):
        worker.list(how={"fault": "status", "status": 429})
    assert broken_in(worker.run()) == ["pause-on-429"]


# Going on


def test_ending_at_an_answer_that_is_no_json(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task()
    worker.list()
    run = worker.run()
    *others, last = run.exchanges
    page = replace(last, answer_body=b"<html>Maintenance</html>")
    assert broken_in(replace(run, exchanges=(*others, page))) == ["goes-on-after-trouble"]


@pytest.mark.parametrize("fault", GARBLED)
def test_ending_at_a_broken_answer(story: Begin, broken_in: BrokenIn, fault: str) -> None:
    worker = story()
    tasks = worker.tasks(2)
    worker.do(tasks[0])
    worker.list(how={"fault": fault})
    worker.beat()
    assert broken_in(worker.run()) == ["goes-on-after-trouble"]
    worker.wait(0.2)
    worker.do(*worker.list())
    assert broken_in(worker.run()) == []


def test_a_broken_answer_that_is_read_all_the_same(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.list()
    worker.put(task, "running", {"fault": "status", "status": 403})
    worker.list(status="running", how={"fault": "wrong-content-type"})
    assert broken_in(worker.run()) == []


def test_a_worker_that_tried_for_long_may_give_up(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task()
    worker.list(how=BUSY)
    worker.wait(3)
    worker.list(how=BUSY)
    assert broken_in(worker.run()) == []


def test_a_worker_whose_key_is_refused_may_stop(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task()
    worker.list(how={"fault": "key-refused"})
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("trouble", [BUSY, {"fault": "key-refused"}, {"fault": "hang"}, limited(1)])
def test_forgetting_a_result_that_did_not_arrive(
    story: Begin, broken_in: BrokenIn, trouble: dict[str, Any]
) -> None:
    worker = story()
    tasks = worker.tasks(2)
    worker.put(tasks[0], "running")
    worker.put(tasks[0], "completed", trouble)
    worker.wait(1)
    worker.do(tasks[1])
    assert broken_in(worker.run()) == ["result-repeated"]
    worker.put(tasks[0], "completed")
    assert broken_in(worker.run()) == []


def test_forgetting_a_result_that_was_answered_with_a_page_of_html(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(2)
    worker.put(tasks[0], "running")
    worker.put(tasks[0], "completed", {"fault": "unapplied"})
    worker.do(tasks[1])
    run = worker.run()
    exchanges = list(run.exchanges)
    exchanges[2] = replace(exchanges[2], answer_body=b"<html>Welcome</html>")
    assert broken_in(replace(run, exchanges=tuple(exchanges))) == ["result-repeated"]


def test_a_result_that_was_refused_late_need_not_be_repeated(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(2)
    worker.put(tasks[0], "running")
    worker.put(tasks[0], "completed", {"fault": "status", "status": 403, "took": 2})
    worker.do(tasks[1])
    assert broken_in(worker.run()) == []


def test_a_daemon_has_time_to_repeat_a_result(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "completed", BUSY)
    worker.wait(10)
    worker.list()
    assert broken_in(worker.run(ended_by="time-limit")) == []
    worker.wait(10)
    worker.list()
    assert broken_in(worker.run(ended_by="time-limit")) == ["result-repeated"]


def test_a_result_that_did_arrive_need_not_be_repeated(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(retry="automatic")
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "failed", LOST, error_message="Captcha failed")
    worker.list(status="running")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("complete_twice", ["once", "twice"])
@pytest.mark.parametrize("fault", ["lost-answer", "truncated-json"])
def test_repeating_a_completion_blindly(
    story: Begin, broken_in: BrokenIn, complete_twice: str, fault: str
) -> None:
    worker = story(complete_twice=complete_twice)
    task = worker.task()
    worker.put(task, "running")
    worker.complete(task, {"fault": fault})
    assert broken_in(worker.run()) == []
    worker.complete(task)
    assert broken_in(worker.run()) == (["counted-once"] if complete_twice == "twice" else [])


def test_completing_again_what_was_opened_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(complete_twice="twice")
    task = worker.task()
    worker.put(task, "running")
    worker.complete(task, LOST)
    worker.change(task, status="running")
    worker.complete(task)
    assert broken_in(worker.run()) == []


def test_a_second_completion_after_a_first_that_was_answered(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(complete_twice="twice")
    task = worker.task()
    worker.put(task, "running")
    worker.complete(task)
    worker.complete(task)
    assert broken_in(worker.run()) == ["one-end-per-task"]


@pytest.mark.parametrize("fault", ["reset", "hang"])
def test_repeating_a_completion_that_never_arrived(story: Begin, broken_in: BrokenIn, fault: str) -> None:
    worker = story(complete_twice="twice")
    task = worker.task()
    worker.put(task, "running")
    worker.complete(task, {"fault": fault})
    worker.wait(1)
    worker.complete(task)
    assert broken_in(worker.run()) == []


def test_repeating_a_lost_completion_by_put(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(complete_twice="twice")
    task = worker.task()
    worker.put(task, "running")
    worker.complete(task, LOST)
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("how", [{"fault": "hang"}, {"fault": "lost-answer", "by": "hang"}])
@pytest.mark.parametrize(("waited", "rules"), [(10, []), (15, ["hung-answer-given-up"])])
def test_waiting_for_an_answer_that_never_comes(
    story: Begin, broken_in: BrokenIn, how: dict[str, Any], waited: float, rules: list[str]
) -> None:
    worker = story()
    worker.list(how={**how, "took": waited})
    worker.list()
    assert broken_in(worker.run()) == rules
