"""Rules about temporary failures: 5xx, 429, and answers that are lost, unreadable or never come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.scenarios.rules.trouble.backoff_grows import BackoffGrows
from workerkit.scenarios.rules.trouble.pause_on_429 import PauseOn429
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
BrokenRules = Callable[[Run], list[str]]

BUSY = {"fault": "status", "status": 503}
LOST = {"fault": "lost-answer"}
GARBLED = ["truncated-json", "wrong-content-type", "garbage", "reset", "empty-answer", "close-in-body"]


def limited(seconds: int) -> dict[str, Any]:
    return {"fault": "status", "status": 429, "retry_after": seconds}


# Pauses


def test_pauses_that_grow(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    for attempt in range(5):
        worker.update(task, "completed", BUSY)
        worker.wait(0.1 * 2**attempt)
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


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
    scripted_worker: MakeWorker,
    broken_rules: BrokenRules,
    fault: dict[str, Any],
    times: int,
    pause: float,
    rules: list[str],
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    for _ in range(times):
        worker.update(task, "running", fault)
        worker.wait(pause)
        worker.list_tasks()
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == rules


@pytest.mark.parametrize(("times", "rules"), [(16, []), (17, ["pause-on-5xx"])])
def test_the_same_list_again_and_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, times: int, rules: list[str]
) -> None:
    worker = scripted_worker()
    for _ in range(times):
        worker.list_tasks(how=BUSY)
    worker.list_tasks()
    assert broken_rules(worker.run_record()) == rules


def test_one_new_request_after_the_other_in_an_outage(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for task in worker.add_tasks(50):
        worker.update(task, "running", BUSY)
        worker.wait(0.02)
    assert broken_rules(worker.run_record(ended_by="until")) == ["pause-on-5xx"]


def test_many_threads_with_a_failure_now_and_then(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for number, task in enumerate(worker.add_tasks(200)):
        if number % 3 == 0:
            worker.update(task, "running", BUSY)
        worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize(("waited", "rules"), [(2.0, []), (1.95, []), (1.5, ["pause-on-429"])])
def test_a_report_before_retry_after_is_over(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, waited: float, rules: list[str]
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running", limited(2))
    worker.wait(waited)
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == rules


@pytest.mark.parametrize(
    ("form", "waited", "count"),
    [("seconds", 2.0, 0), ("seconds", 1.5, 1), ("date", 3.0, 0), ("date", 1.5, 1)],
)
def test_retry_after_has_a_number_or_a_date(
    scripted_worker: MakeWorker, form: str, waited: float, count: int
) -> None:
    # A date has no parts of a second, so the server rounds it up.
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running", {**limited(2), "retry_after_as": form})
    worker.wait(waited)
    worker.update(task, "running")
    run = worker.run_record(clock_ahead=0.0)
    assert len(PauseOn429().check(run)) == count


@pytest.mark.parametrize(("ahead", "count"), [(-3600.0, 0), (-2.9, 0), (-0.5, 1), (3600.0, 1)])
def test_a_date_is_judged_by_the_clock_that_makes_the_pause_shorter(
    scripted_worker: MakeWorker, ahead: float, count: int
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running", {**limited(2), "retry_after_as": "date"})
    worker.wait(0.3)
    worker.update(task, "running")
    assert len(PauseOn429().check(worker.run_record(clock_ahead=ahead))) == count


def test_threads_that_each_have_to_wait(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    for _ in range(8):
        worker.list_tasks(how=limited(1))
    for task in worker.add_tasks(8):
        worker.update(task, "running", limited(1))
    worker.wait(1)
    worker.do_tasks(*worker.list_tasks())
    assert broken_rules(worker.run_record()) == []


def test_a_list_before_retry_after_is_over_again_and_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for _ in range(12):
        worker.list_tasks(how=limited(1))
        worker.wait(0.05)
    assert broken_rules(worker.run_record()) == ["pause-on-429"]


def test_a_loop_over_429_without_retry_after(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    for _ in range(50):
        worker.list_tasks(how={"fault": "status", "status": 429})
    assert broken_rules(worker.run_record()) == ["pause-on-429"]


# Pauses that do not grow


def failing_reports(worker: Any, pauses: Iterable[float]) -> None:
    task = worker.add_task(status="running")
    worker.list_tasks()
    for pause in (*pauses, 0.0):
        worker.update(task, "completed", BUSY)
        worker.wait(pause)


@pytest.mark.parametrize(
    ("pauses", "count"),
    [
        ([0.5] * 5, 1),
        ([0.5, 0.55, 0.5, 0.58, 0.5, 4.0], 1),
        ([0.9] * 5, 1),
        ([1.0] * 8, 0),
        ([5.0] * 8, 0),
        ([0.5] * 4, 0),
        ([0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6, 1.6], 0),
        ([0.5, 0.5, 0.5, 0.5, 0.8], 0),
        ([0.001] * 20, 0),
    ],
)
def test_the_same_pause_before_each_attempt(
    scripted_worker: MakeWorker, pauses: list[float], count: int
) -> None:
    worker = scripted_worker()
    failing_reports(worker, pauses)
    assert len(BackoffGrows().check(worker.run_record())) == count


def test_an_accepted_attempt_ends_a_series(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task(status="running")
    for _ in range(4):
        for how in (BUSY, BUSY, BUSY, {}):
            worker.update(task, "running", how)
            worker.wait(0.5)
    assert BackoffGrows().check(worker.run_record()) == []


def test_a_worker_whose_pauses_begin_again_after_each_accepted_request(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task(status="running")
    for _ in range(8):
        worker.update(task, "completed", BUSY)
        worker.wait(0.5)
        worker.list_tasks(status="running")
    assert BackoffGrows().check(worker.run_record()) == []


def test_a_series_that_begins_in_an_outage_is_not_judged(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task(status="running")
    worker.list_tasks(how=BUSY)
    for _ in range(8):
        worker.update(task, "running", BUSY)
        worker.wait(0.5)
    assert BackoffGrows().check(worker.run_record()) == []


def test_lists_may_be_read_at_equal_times_in_an_outage(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    for _ in range(20):
        worker.list_tasks(how=BUSY)
        worker.wait(0.5)
    assert BackoffGrows().check(worker.run_record()) == []


# Going on with the work


def test_ending_at_an_answer_that_is_no_json(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    worker.add_task()
    worker.list_tasks()
    run = worker.run_record()
    *others, last = run.exchanges
    page = replace(last, answer_body=b"<html>Maintenance</html>")
    assert broken_rules(replace(run, exchanges=(*others, page))) == ["goes-on-after-trouble"]


@pytest.mark.parametrize("fault", GARBLED)
def test_ending_at_a_broken_answer(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, fault: str
) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(2)
    worker.do_tasks(tasks[0])
    worker.list_tasks(how={"fault": fault})
    worker.send_heartbeat()
    assert broken_rules(worker.run_record()) == ["goes-on-after-trouble"]
    worker.wait(0.2)
    worker.do_tasks(*worker.list_tasks())
    assert broken_rules(worker.run_record()) == []


def test_a_broken_answer_that_is_read_all_the_same(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.list_tasks()
    worker.update(task, "running", {"fault": "status", "status": 403})
    worker.list_tasks(status="running", how={"fault": "wrong-content-type"})
    assert broken_rules(worker.run_record()) == []


def test_a_worker_that_tried_for_long_may_give_up(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.add_task()
    worker.list_tasks(how=BUSY)
    worker.wait(3)
    worker.list_tasks(how=BUSY)
    assert broken_rules(worker.run_record()) == []


def test_a_worker_whose_key_is_refused_may_stop(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.add_task()
    worker.list_tasks(how={"fault": "key-refused"})
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("trouble", [BUSY, {"fault": "key-refused"}, {"fault": "hang"}, limited(1)])
def test_forgetting_a_result_that_did_not_arrive(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, trouble: dict[str, Any]
) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(2)
    worker.update(tasks[0], "running")
    worker.update(tasks[0], "completed", trouble)
    worker.wait(1)
    worker.do_tasks(tasks[1])
    assert broken_rules(worker.run_record()) == ["result-repeated"]
    worker.update(tasks[0], "completed")
    assert broken_rules(worker.run_record()) == []


def test_forgetting_a_result_that_was_answered_with_a_page_of_html(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(2)
    worker.update(tasks[0], "running")
    worker.update(tasks[0], "completed", {"fault": "unapplied"})
    worker.do_tasks(tasks[1])
    run = worker.run_record()
    exchanges = list(run.exchanges)
    exchanges[2] = replace(exchanges[2], answer_body=b"<html>Welcome</html>")
    assert broken_rules(replace(run, exchanges=tuple(exchanges))) == ["result-repeated"]


def test_a_result_that_was_refused_late_need_not_be_repeated(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(2)
    worker.update(tasks[0], "running")
    worker.update(tasks[0], "completed", {"fault": "status", "status": 403, "took": 2})
    worker.do_tasks(tasks[1])
    assert broken_rules(worker.run_record()) == []


def test_a_daemon_has_time_to_repeat_a_result(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "completed", BUSY)
    worker.wait(10)
    worker.list_tasks()
    assert broken_rules(worker.run_record(ended_by="time-limit")) == []
    worker.wait(10)
    worker.list_tasks()
    assert broken_rules(worker.run_record(ended_by="time-limit")) == ["result-repeated"]


def test_a_result_that_did_arrive_need_not_be_repeated(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(retry="automatic")
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "failed", LOST, error_message="Captcha failed")
    worker.list_tasks(status="running")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("complete_twice", ["once", "twice"])
@pytest.mark.parametrize("fault", ["lost-answer", "truncated-json"])
def test_repeating_a_completion_blindly(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, complete_twice: str, fault: str
) -> None:
    worker = scripted_worker(complete_twice=complete_twice)
    task = worker.add_task()
    worker.update(task, "running")
    worker.complete_link(task, {"fault": fault})
    assert broken_rules(worker.run_record()) == []
    worker.complete_link(task)
    assert broken_rules(worker.run_record()) == (["counted-once"] if complete_twice == "twice" else [])


def test_completing_again_what_was_opened_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(complete_twice="twice")
    task = worker.add_task()
    worker.update(task, "running")
    worker.complete_link(task, LOST)
    worker.change_task(task, status="running")
    worker.complete_link(task)
    assert broken_rules(worker.run_record()) == []


def test_a_second_completion_after_a_first_that_was_answered(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(complete_twice="twice")
    task = worker.add_task()
    worker.update(task, "running")
    worker.complete_link(task)
    worker.complete_link(task)
    assert broken_rules(worker.run_record()) == ["one-end-per-task"]


@pytest.mark.parametrize("fault", ["reset", "hang"])
def test_repeating_a_completion_that_never_arrived(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, fault: str
) -> None:
    worker = scripted_worker(complete_twice="twice")
    task = worker.add_task()
    worker.update(task, "running")
    worker.complete_link(task, {"fault": fault})
    worker.wait(1)
    worker.complete_link(task)
    assert broken_rules(worker.run_record()) == []


def test_repeating_a_lost_completion_by_put(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker(complete_twice="twice")
    task = worker.add_task()
    worker.update(task, "running")
    worker.complete_link(task, LOST)
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("how", [{"fault": "hang"}, {"fault": "lost-answer", "by": "hang"}])
@pytest.mark.parametrize(("waited", "rules"), [(31, []), (35, ["hung-answer-given-up"])])
def test_waiting_for_an_answer_that_never_comes(
    scripted_worker: MakeWorker,
    broken_rules: BrokenRules,
    how: dict[str, Any],
    waited: float,
    rules: list[str],
) -> None:
    worker = scripted_worker()
    worker.list_tasks(how={**how, "took": waited})
    worker.list_tasks()
    assert broken_rules(worker.run_record()) == rules
