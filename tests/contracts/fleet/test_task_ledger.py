from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.fleet.task_ledger import TaskLedger

LINKS = {"link_profile": "https://a.example/1", "link_post": "https://a.example/2"}
COMPLETED = {"status": "completed", **LINKS}


def task(task_id: str = "t", status: str = "pending", **fields: Any) -> dict[str, Any]:
    return {"id": task_id, "status": status, "link_profile": "", "link_post": "", **fields}


def ledger_with(result: dict[str, Any]) -> TaskLedger:
    """A ledger with a task `t` whose result was confirmed."""
    ledger = TaskLedger()
    ledger.note_waiting([task()])
    ledger.note_sent("t", result)
    ledger.note_confirmed("t")
    return ledger


def findings(ledger: TaskLedger) -> list[tuple[str, str, str]]:
    return [(finding.kind, finding.task, finding.why) for finding in ledger.findings]


@pytest.mark.parametrize(
    ("result", "at_the_end"),
    [
        (COMPLETED, task(status="completed", **LINKS)),
        (COMPLETED, {"id": "t", "status": "completed"}),
        ({"status": "failed", "error_message": "x"}, task(status="failed")),
        ({"status": "failed", "error_message": "x"}, task(status="pending", retry_count=1)),
    ],
)
def test_a_stored_result_is_no_finding(result: dict[str, Any], at_the_end: dict[str, Any]) -> None:
    ledger = ledger_with(result)
    ledger.compare([at_the_end])
    assert findings(ledger) == []


@pytest.mark.parametrize(
    ("result", "at_the_end", "why"),
    [
        (COMPLETED, [task(status="running")], "the server confirmed completed, and the task is running"),
        (COMPLETED, [], "the server confirmed completed, and does not list the task any more"),
        (
            COMPLETED,
            [task(status="completed", link_profile=LINKS["link_profile"])],
            "the server confirmed link_post https://a.example/2, and the task has ",
        ),
        (
            {"status": "failed"},
            [task(status="running")],
            "the server confirmed failed, and the task is running",
        ),
    ],
)
def test_a_result_that_was_not_stored_is_lost(
    result: dict[str, Any], at_the_end: list[dict[str, Any]], why: str
) -> None:
    ledger = ledger_with(result)
    ledger.compare(at_the_end)
    assert findings(ledger) == [("lost", "t", why)]


def test_a_completed_task_that_waits_again_is_lost_once() -> None:
    ledger = ledger_with(COMPLETED)
    for _ in range(2):
        ledger.note_waiting([task(status="queued")])
    ledger.compare([task(status="queued")])
    assert findings(ledger) == [("lost", "t", "it was completed, and is listed as queued again")]


def test_a_task_that_is_in_no_list_at_the_end_is_lost() -> None:
    ledger = TaskLedger()
    ledger.note_waiting([task("a"), task("b"), task("c")])
    ledger.note_refused("b")
    ledger.compare([task("c", "canceled")])
    assert findings(ledger) == [("lost", "a", "it was listed before, and is not listed in any status now")]


def test_a_task_on_two_pages_is_doubled() -> None:
    ledger = TaskLedger()
    ledger.compare([task("a"), task("b"), task("a")])
    assert findings(ledger) == [("doubled", "a", "it is listed 2 times")]


def test_a_result_without_an_answer_is_not_judged() -> None:
    ledger = TaskLedger()
    ledger.note_waiting([task()])
    ledger.note_sent("t", COMPLETED)
    ledger.compare([task(status="running")])
    assert findings(ledger) == []


def test_only_a_failed_task_is_done_again() -> None:
    ledger = TaskLedger()
    for task_id, status in (("done", "completed"), ("failed", "failed")):
        ledger.note_sent(task_id, {"status": status})
        assert not ledger.is_free(task(task_id))
        ledger.note_confirmed(task_id)
    ledger.note_refused("foreign")
    free = [task_id for task_id in ("new", "done", "failed", "foreign") if ledger.is_free(task(task_id))]
    assert free == ["new", "failed"]
