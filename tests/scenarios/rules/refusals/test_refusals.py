"""What a worker does about tasks and requests that are refused for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.scenarios.run_record.run import Run

Begin = Callable[..., Any]
BrokenIn = Callable[[Run], list[str]]

UNKNOWN = "6f1e2c1a-0000-4000-8000-000000000001"


def refused_task(worker: Any, code: int) -> str:
    return worker.task(server="server-02") if code == 403 else UNKNOWN


@pytest.mark.parametrize("code", [403, 404])
def test_a_refused_task_is_left_alone(story: Begin, broken_in: BrokenIn, code: int) -> None:
    worker = story()
    others = worker.tasks(2)
    worker.put(refused_task(worker, code), "running")
    worker.do(*others)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("code", [403, 404])
@pytest.mark.parametrize("pause", [0, 20])
def test_going_on_with_a_refused_task(story: Begin, broken_in: BrokenIn, code: int, pause: float) -> None:
    worker = story()
    task = refused_task(worker, code)
    worker.put(task, "running")
    worker.wait(pause)
    worker.put(task, "completed")
    assert broken_in(worker.run()) == [f"left-alone-after-{code}"]


def test_a_result_that_was_on_its_way_when_the_task_was_refused(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task(server="server-02")
    worker.put(task, "running", {"took": 0.5})
    worker.wait(-0.4)
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


def test_a_refusal_that_came_after_the_worker_gave_up_waiting(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task(server="server-02")
    worker.put(task, "running", {"took": 3.0})
    worker.put(task, "running")
    assert broken_in(worker.run()) == []


def test_a_refused_task_that_is_listed_again_may_be_tried_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running", {"fault": "status", "status": 403})
    assert worker.list() == [task]
    worker.do(task)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("code", [403, 404])
def test_an_item_that_was_refused_is_not_sent_again(story: Begin, broken_in: BrokenIn, code: int) -> None:
    worker = story()
    task, refused = worker.task(), refused_task(worker, code)
    worker.bulk({"link_id": task, "status": "running"}, {"link_id": refused, "status": "running"})
    worker.bulk({"link_id": task, "status": "completed"})
    assert broken_in(worker.run()) == []
    worker.bulk({"link_id": refused, "status": "completed"})
    assert broken_in(worker.run()) == ["bulk-items-heeded"]


def test_an_item_that_was_refused_is_not_taken_for_done(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(transitions="strict")
    task = worker.task(status="queued")
    worker.bulk({"link_id": task, "status": "completed"})
    assert broken_in(worker.run()) == ["bulk-items-heeded"]
    worker.bulk({"link_id": task, "status": "running"})
    worker.bulk({"link_id": task, "status": "completed"})
    assert broken_in(worker.run()) == []


def test_items_that_were_taken_or_whose_task_ended_otherwise(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(transitions="strict")
    task, canceled = worker.tasks(2, status="running")
    worker.change(canceled, status="canceled")
    worker.bulk({"link_id": task, "note": "half done"}, {"link_id": canceled, "status": "completed"})
    assert broken_in(worker.run()) == []


def test_ending_at_a_refused_task(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(3, service_type="blog")
    worker.list()
    worker.do(tasks[0])
    worker.give_away(tasks[1])
    worker.put(tasks[1], "running")
    assert broken_in(worker.run()) == ["goes-on-after-refusal"]
    worker.do(tasks[2])
    assert broken_in(worker.run()) == []


def test_idling_after_a_refused_task(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(3, service_type="blog")
    worker.list()
    worker.do(tasks[0])
    worker.give_away(tasks[1])
    worker.put(tasks[1], "running")
    for seconds in (1, 3):
        worker.wait(seconds)
        worker.list()
    assert broken_in(worker.run(ended_by="time-limit", exit_code=None)) == []
    worker.wait(1.1)
    worker.list()
    assert broken_in(worker.run(ended_by="time-limit", exit_code=None)) == []
    worker.wait(2)
    worker.list()
    assert broken_in(worker.run(ended_by="time-limit", exit_code=None)) == ["goes-on-after-refusal"]


def test_ending_at_the_first_task(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    refused = worker.tasks(2)[0]
    worker.list()
    worker.give_away(refused)
    worker.put(refused, "running")
    worker.world.task(worker.tasks(1)[0]).service_type = worker.world.task(refused).service_type
    worker.list()
    assert broken_in(worker.run()) == ["goes-on-after-refusal"]


def test_a_worker_of_one_type_of_service_leaves_the_others(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    worker.task(service_type="blog")
    own = worker.task(service_type="entity")
    refused = worker.task(service_type="entity")
    worker.list()
    worker.do(own)
    worker.give_away(refused)
    worker.put(refused, "running")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize(("times", "rules"), [(2, []), (3, ["not-repeated-after-400"])])
def test_sending_a_wrong_request_again_and_again(
    story: Begin, broken_in: BrokenIn, times: int, rules: list[str]
) -> None:
    worker = story(transitions="strict")
    task = worker.task()
    for _ in range(times):
        worker.put(task, "running")
        worker.wait(1)
    assert broken_in(worker.run()) == rules


def test_a_wrong_request_is_right_after_another_one(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(transitions="strict")
    for task in worker.tasks(5):
        worker.put(task, "running")
        worker.put(task, "queued")
        worker.put(task, "running")
        worker.put(task, "completed")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize(("pause", "rules"), [(0.2, ["not-repeated-after-400"]), (1.5, [])])
def test_a_regular_line_of_a_log_that_is_refused_is_no_batch_sent_again(
    story: Begin, broken_in: BrokenIn, pause: float, rules: list[str]
) -> None:
    worker = story()
    for _ in range(5):
        worker.log("0 tasks in hand", fault="status", status=400)
        worker.wait(pause)
    assert broken_in(worker.run()) == rules


def test_the_same_words_about_another_task_are_no_batch_sent_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for task in worker.tasks(5):
        worker.do(task)
        worker.log("Task completed", fault="status", status=400)
    assert broken_in(worker.run()) == []


def test_a_daemon_whose_heartbeat_is_refused_goes_on_with_it(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for _ in range(5):
        worker.beat(fault="status", status=400)
        worker.wait(1)
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("transitions", ["lenient", "strict"])
def test_results_of_canceled_work(story: Begin, broken_in: BrokenIn, transitions: str) -> None:
    worker = story(transitions=transitions)
    task = worker.task(status="running")
    worker.put(task, "running")
    worker.change(task, status="canceled")
    if transitions == "lenient":
        worker.list(status="canceled")
        worker.wait(3)
    else:
        worker.put(task, "completed")
    assert broken_in(worker.run()) == []
    worker.put(task, "completed")
    assert broken_in(worker.run()) == ["canceled-work-stopped"]


@pytest.mark.parametrize("other", [False, True])
def test_a_list_that_was_read_for_another_task(story: Begin, broken_in: BrokenIn, *, other: bool) -> None:
    worker = story()
    task, another = worker.tasks(2)
    worker.put(another, "running")
    worker.put(task, "running")
    worker.change(task, status="canceled")
    worker.put(another if other else task, None, note="half done")
    worker.list(status="running,canceled")
    worker.wait(3)
    worker.put(task, "completed")
    rules = [] if other else ["canceled-work-stopped"]
    assert broken_in(worker.run(ended_by="until")) == rules


def test_a_result_of_work_that_was_canceled_unseen(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.change(task, status="canceled")
    worker.list()
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


def test_what_tells_nothing_of_the_cancelation(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(transitions="strict")
    task = worker.task(status="running")
    worker.put(task, "queued")
    worker.change(task, status="canceled")
    worker.put(task, None, note="half done")
    worker.put(task, "completed")
    worker.put(task, None, note="it was canceled")
    assert broken_in(worker.run()) == []


def test_a_canceled_task_that_was_opened_again(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.change(task, status="canceled")
    worker.list(status="canceled")
    worker.wait(3)
    worker.change(task, status="pending")
    worker.list()
    worker.do(task)
    assert broken_in(worker.run()) == []


def test_a_list_of_canceled_tasks_before_any_work(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.change(task, status="canceled")
    worker.list(status="pending,canceled")
    worker.wait(3)
    worker.put(task, "running")
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []


def test_a_task_that_the_worker_canceled_itself(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.put(task, "canceled")
    worker.put(task, "completed")
    assert broken_in(worker.run()) == ["one-end-per-task"]


@pytest.mark.parametrize("stall", [0.0, 2.0])
def test_a_result_on_its_way_while_another_thread_reads_that_it_is_canceled(
    story: Begin, broken_in: BrokenIn, stall: float
) -> None:
    worker = story()
    task = worker.task()
    worker.put(task, "running")
    worker.change(task, status="canceled")
    worker.list(status="canceled")
    worker.wait(0.9 + stall)
    worker.put(task, "completed")
    assert broken_in(worker.run()) == []
