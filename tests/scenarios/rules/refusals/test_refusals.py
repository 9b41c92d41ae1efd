"""Rules about tasks and requests that the server refuses for a lasting reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
BrokenRules = Callable[[Run], list[str]]

UNKNOWN = "6f1e2c1a-0000-4000-8000-000000000001"


def refused_task(worker: Any, code: int) -> str:
    return worker.add_task(server="server-02") if code == 403 else UNKNOWN


@pytest.mark.parametrize("code", [403, 404])
def test_a_refused_task_is_left_alone(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, code: int
) -> None:
    worker = scripted_worker()
    others = worker.add_tasks(2)
    worker.update(refused_task(worker, code), "running")
    worker.do_tasks(*others)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("code", [403, 404])
@pytest.mark.parametrize("pause", [0, 20])
def test_going_on_with_a_refused_task(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, code: int, pause: float
) -> None:
    worker = scripted_worker()
    task = refused_task(worker, code)
    worker.update(task, "running")
    worker.wait(pause)
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == [f"left-alone-after-{code}"]


def test_a_result_that_was_on_its_way_when_the_task_was_refused(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task(server="server-02")
    worker.update(task, "running", {"took": 0.5})
    worker.wait(-0.4)
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


def test_a_refusal_that_came_after_the_worker_gave_up_waiting(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task(server="server-02")
    worker.update(task, "running", {"took": 3.0})
    worker.update(task, "running")
    assert broken_rules(worker.run_record()) == []


def test_a_refused_task_that_is_listed_again_may_be_tried_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running", {"fault": "status", "status": 403})
    assert worker.list_tasks() == [task]
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("code", [403, 404])
def test_an_item_that_was_refused_is_not_sent_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, code: int
) -> None:
    worker = scripted_worker()
    task, refused = worker.add_task(), refused_task(worker, code)
    worker.bulk_update({"link_id": task, "status": "running"}, {"link_id": refused, "status": "running"})
    worker.bulk_update({"link_id": task, "status": "completed"})
    assert broken_rules(worker.run_record()) == []
    worker.bulk_update({"link_id": refused, "status": "completed"})
    assert broken_rules(worker.run_record()) == ["bulk-items-heeded"]


def test_an_item_that_was_refused_is_not_taken_for_done(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict")
    task = worker.add_task(status="queued")
    worker.bulk_update({"link_id": task, "status": "completed"})
    assert broken_rules(worker.run_record()) == ["running-before-end", "bulk-items-heeded"]
    worker.bulk_update({"link_id": task, "status": "running"})
    worker.bulk_update({"link_id": task, "status": "completed"})
    assert broken_rules(worker.run_record()) == []


def test_items_that_were_taken_or_whose_task_ended_otherwise(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict")
    task, canceled = worker.add_tasks(2, status="running")
    worker.change_task(canceled, status="canceled")
    worker.bulk_update({"link_id": task, "note": "half done"}, {"link_id": canceled, "status": "completed"})
    assert broken_rules(worker.run_record()) == []


def test_ending_at_a_refused_task(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(3, service_type="blog")
    worker.list_tasks()
    worker.do_tasks(tasks[0])
    worker.reassign_task(tasks[1])
    worker.update(tasks[1], "running")
    assert broken_rules(worker.run_record()) == ["goes-on-after-refusal"]
    worker.do_tasks(tasks[2])
    assert broken_rules(worker.run_record()) == []


def test_idling_after_a_refused_task(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(3, service_type="blog")
    worker.list_tasks()
    worker.do_tasks(tasks[0])
    worker.reassign_task(tasks[1])
    worker.update(tasks[1], "running")
    for seconds in (1, 3):
        worker.wait(seconds)
        worker.list_tasks()
    assert broken_rules(worker.run_record(ended_by="time-limit", exit_code=None)) == []
    worker.wait(1.1)
    worker.list_tasks()
    assert broken_rules(worker.run_record(ended_by="time-limit", exit_code=None)) == []
    worker.wait(2)
    worker.list_tasks()
    assert broken_rules(worker.run_record(ended_by="time-limit", exit_code=None)) == ["goes-on-after-refusal"]


def test_ending_at_the_first_task(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    refused = worker.add_tasks(2)[0]
    worker.list_tasks()
    worker.reassign_task(refused)
    worker.update(refused, "running")
    worker.world.task(worker.add_tasks(1)[0]).service_type = worker.world.task(refused).service_type
    worker.list_tasks()
    assert broken_rules(worker.run_record()) == ["goes-on-after-refusal"]


def test_a_worker_of_one_type_of_service_leaves_the_others(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.add_task(service_type="blog")
    own = worker.add_task(service_type="entity")
    refused = worker.add_task(service_type="entity")
    worker.list_tasks()
    worker.do_tasks(own)
    worker.reassign_task(refused)
    worker.update(refused, "running")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize(("times", "rules"), [(2, []), (3, ["not-repeated-after-400"])])
def test_sending_a_wrong_request_again_and_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, times: int, rules: list[str]
) -> None:
    worker = scripted_worker(transitions="strict")
    task = worker.add_task()
    for _ in range(times):
        worker.update(task, "running")
        worker.wait(1)
    assert broken_rules(worker.run_record()) == rules


def test_a_wrong_request_is_right_after_another_one(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict")
    for task in worker.add_tasks(5):
        worker.update(task, "running")
        worker.update(task, "queued")
        worker.update(task, "running")
        worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize(("pause", "rules"), [(0.2, ["not-repeated-after-400"]), (1.5, [])])
def test_a_regular_line_of_a_log_that_is_refused_is_no_batch_sent_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, pause: float, rules: list[str]
) -> None:
    worker = scripted_worker()
    for _ in range(5):
        worker.send_logs("0 tasks in hand", fault="status", status=400)
        worker.wait(pause)
    assert broken_rules(worker.run_record()) == rules


def test_the_same_words_about_another_task_are_no_batch_sent_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for task in worker.add_tasks(5):
        worker.do_tasks(task)
        worker.send_logs("Task completed", fault="status", status=400)
    assert broken_rules(worker.run_record()) == []


def test_a_daemon_whose_heartbeat_is_refused_goes_on_with_it(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for _ in range(5):
        worker.send_heartbeat(fault="status", status=400)
        worker.wait(1)
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("transitions", ["lenient", "strict"])
def test_results_of_canceled_work(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, transitions: str
) -> None:
    worker = scripted_worker(transitions=transitions)
    task = worker.add_task(status="running")
    worker.update(task, "running")
    worker.change_task(task, status="canceled")
    if transitions == "lenient":
        worker.list_tasks(status="canceled")
        worker.wait(3)
    else:
        worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == ["canceled-work-stopped"]


@pytest.mark.parametrize("other", [False, True])
def test_a_list_that_was_read_for_another_task(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, *, other: bool
) -> None:
    worker = scripted_worker()
    task, another = worker.add_tasks(2)
    worker.update(another, "running")
    worker.update(task, "running")
    worker.change_task(task, status="canceled")
    worker.update(another if other else task, None, note="half done")
    worker.list_tasks(status="running,canceled")
    worker.wait(3)
    worker.update(task, "completed")
    rules = [] if other else ["canceled-work-stopped"]
    assert broken_rules(worker.run_record(ended_by="until")) == rules


def test_a_result_of_work_that_was_canceled_unseen(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.change_task(task, status="canceled")
    worker.list_tasks()
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


def test_what_tells_nothing_of_the_cancelation(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(transitions="strict")
    task = worker.add_task(status="running")
    worker.update(task, "queued")
    worker.change_task(task, status="canceled")
    worker.update(task, None, note="half done")
    worker.update(task, "completed")
    worker.update(task, None, note="it was canceled")
    assert broken_rules(worker.run_record()) == []


def test_a_canceled_task_that_was_opened_again(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.change_task(task, status="canceled")
    worker.list_tasks(status="canceled")
    worker.wait(3)
    worker.change_task(task, status="pending")
    worker.list_tasks()
    worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


def test_a_list_of_canceled_tasks_before_any_work(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.change_task(task, status="canceled")
    worker.list_tasks(status="pending,canceled")
    worker.wait(3)
    worker.update(task, "running")
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


def test_a_task_that_the_worker_canceled_itself(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.update(task, "canceled")
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == ["one-end-per-task"]


@pytest.mark.parametrize("stall", [0.0, 2.0])
def test_a_result_on_its_way_while_another_thread_reads_that_it_is_canceled(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, stall: float
) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.update(task, "running")
    worker.change_task(task, status="canceled")
    worker.list_tasks(status="canceled")
    worker.wait(0.9 + stall)
    worker.update(task, "completed")
    assert broken_rules(worker.run_record()) == []


# A start that is refused


def strict_worker(scripted_worker: MakeWorker) -> Any:
    return scripted_worker(transitions="strict", refused_transition="409")


def other_process_does(worker: Any, task: str) -> None:
    """Another process with the same key does a task."""
    worker.update(task, "running")
    worker.update(task, "completed")


def test_a_refused_start_followed_by_a_result_is_work_done_twice(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = strict_worker(scripted_worker)
    task = worker.add_task(status="queued")
    other_process_does(worker, task)
    worker.update(task, "running")
    worker.update(task, "completed")
    assert "refused-start-heeded" in broken_rules(worker.run_record())


@pytest.mark.parametrize("how", ["dropped", "listed again", "other result is unclear", "counted by callback"])
def test_a_refused_start_is_heeded(scripted_worker: MakeWorker, broken_rules: BrokenRules, how: str) -> None:
    worker = strict_worker(scripted_worker)
    task = worker.add_task(status="queued")
    worker.update(task, "running")
    worker.update(task, "completed", {"took": 1.5} if how == "other result is unclear" else None)
    worker.update(task, "running")
    if how == "listed again":
        worker.list_tasks(status="completed")
    if how in ("listed again", "other result is unclear"):
        worker.update(task, "completed")
    if how == "counted by callback":
        worker.complete_link(task)
    assert "refused-start-heeded" not in broken_rules(worker.run_record())
