"""A sandbox is put back at the end of a run, and the receipt lists everything that is still changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.contracts.fake_clock import FakeClock
from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import EndCause, Gate, RunEndedError
from workerkit.contracts.sandbox import restore
from workerkit.contracts.sandbox.receipt import FieldChange, Receipt
from workerkit.contracts.sandbox.restore import open_sandbox, restore_sandbox
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

Watch = Callable[..., AbstractContextManager[Any]]
LINK = "https://example.com/new"
PLAN = Plan(writes=Writes.SANDBOX, sandbox_requests=("Campaign B",))


@dataclass
class OpenSandbox:
    """An open sandbox on a mock. `messages` are the sentences for the user."""

    sandbox: Sandbox
    target: Target
    gate: Gate
    client: Client
    messages: list[str]

    def put(self, task_id: str, key: str | None = None, **fields: Any) -> None:
        assert self.client.send("PUT", f"/tasks/{task_id}", fields, key=key).status == 200

    def restore(self) -> Receipt:
        receipt = restore_sandbox(self.sandbox, self.target, self.gate)
        assert receipt is not None
        return receipt


def open_on(
    watch: Any,
    plan: Plan = PLAN,
    *,
    target: Target | None = None,
    watcher: Callable[[Exchange], None] = lambda _: None,
) -> OpenSandbox:
    target = target or watch.target
    messages: list[str] = []
    gate = Gate(target, plan, worker_api(), clock=FakeClock().run_clock(), watcher=watcher)
    sandbox = open_sandbox(target, plan, gate, messages.append)
    assert sandbox is not None
    return OpenSandbox(sandbox, target, gate, Client(gate, target.api_key), messages)


def waiting_id(opened: OpenSandbox, place: int = 0) -> str:
    waiting = [task for task in opened.sandbox.own if task["status"] in ("pending", "queued")]
    return str(waiting[place]["id"])


def test_a_plan_without_a_sandbox_opens_nothing(scripted: Any) -> None:
    target, plan = Target(scripted.base_url, "the-key"), Plan(writes=Writes.ALL)
    gate = Gate(target, plan, worker_api(), clock=FakeClock().run_clock(), watcher=lambda _: None)
    assert open_sandbox(target, plan, gate, lambda _: None) is None
    assert restore_sandbox(None, target, gate) is None
    assert scripted.received == []


def test_opening_tells_the_user_and_allows_changes_of_the_sandbox_only(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        inside, outside = waiting_id(opened), watch.tasks_of("Campaign A")[0]
        assert opened.messages == [opened.sandbox.text()]
        assert opened.client.may_send("PUT", f"/tasks/{inside}", {"status": "queued"})
        assert not opened.client.may_send("PUT", f"/tasks/{outside}", {"status": "queued"})


def test_without_changes_the_receipt_is_empty_and_nothing_is_written(watched: Watch) -> None:
    with watched() as watch:
        receipt = open_on(watch).restore()
        assert receipt == Receipt()
        assert {request.method for request in watch.received} == {"GET"}


def test_changed_fields_of_many_tasks_are_put_back_with_one_bulk_update(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        before = watch.state()["tasks"]
        ids = [waiting_id(opened, place) for place in range(3)]
        for task_id in ids:
            opened.put(task_id, status="running", link_profile=LINK, link_post=LINK)
        written = len(watch.received)
        receipt = opened.restore()
        after = watch.state()["tasks"]
        writes = [request for request in watch.received[written:] if request.method != "GET"]
    assert [(request.method, request.path) for request in writes] == [("PUT", "/api/v1/worker/tasks/bulk")]
    fields = ("status", "link_profile", "link_post")
    assert [[task[name] or None for name in fields] for task in after] == [
        [task[name] or None for name in fields] for task in before
    ]
    restored = {(change.task, change.field) for change in receipt.changes if change.is_put_back}
    assert restored >= {(task_id, name) for task_id in ids for name in ("status", *fields[1:])}
    change = next(change for change in receipt.changes if change.field == "status")
    assert (change.after, change.why) == ("running", "")


def test_a_hidden_field_is_listed_with_its_new_value(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        task_id = waiting_id(opened)
        opened.put(task_id, note="first")
        items = [{"link_id": task_id, "note": "second", "error_message": "lost"}]
        assert opened.client.send("PUT", "/tasks/bulk", {"items": items}).accepted
        changes = opened.restore().not_put_back
    why = "the API does not show the old value"
    assert changes == (
        FieldChange(task_id, "note", None, "second", False, why, True),
        FieldChange(task_id, "error_message", None, "lost", False, why, True),
    )


def test_a_change_by_somebody_else_is_listed_and_not_put_back(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        task_id = waiting_id(opened)
        somebody_else = open_on(watch)
        somebody_else.put(task_id, link_post=LINK)
        changes = opened.restore().changes
        assert watch.world.tasks[task_id].link_post == LINK
    (change,) = changes
    assert (change.task, change.field, change.after, change.is_put_back) == (
        task_id,
        "link_post",
        LINK,
        False,
    )
    assert (
        change.why == "no request of this run has the id of this task: another user or the server changed it"
    )


def test_a_field_that_no_update_can_set_is_listed(watched: Watch) -> None:
    with watched({"retry-count": "on-requeue"}) as watch:
        opened = open_on(watch)
        task_id = next(str(task["id"]) for task in opened.sandbox.own if task["status"] == "pending")
        opened.put(task_id, status="failed")
        changes = opened.restore().not_put_back
    assert [(change.field, change.before, change.after, change.why) for change in changes] == [
        ("retry_count", 0, 1, "no update can set this field")
    ]


def test_if_the_old_status_is_refused_the_links_are_still_put_back(watched: Watch) -> None:
    with watched({"transitions": "strict", "refused-transition": "409"}) as watch:
        opened = open_on(watch)
        task_id = next(str(task["id"]) for task in opened.sandbox.own if task["status"] == "queued")
        opened.put(task_id, status="running", link_post=LINK)
        changes = {change.field: change for change in opened.restore().changes if change.task == task_id}
        task = watch.world.tasks[task_id]
        assert (task.status, task.link_post or None) == ("running", None)
    assert changes["link_post"].is_put_back
    assert not changes["status"].is_put_back
    assert changes["status"].why == "the update was answered 409"


def test_a_foreign_task_is_put_back_with_its_own_key(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        foreign = next(task for task in opened.sandbox.foreign if task["status"] != "running")
        opened.put(foreign["id"], key=opened.target.other_api_key, status="running")
        opened.restore()
        assert watch.world.tasks[foreign["id"]].status == foreign["status"]
        last = [request for request in watch.received if request.method == "PUT"][-1]
        assert (last.key, last.path) == ("server-02-key", f"/api/v1/worker/tasks/{foreign['id']}")


def test_callbacks_that_no_update_can_undo_are_in_the_notes(watched: Watch) -> None:
    with watched() as watch:
        account = next(task.account for task in watch.world.tasks.values() if task.server == "server-01")
        keys = (watch.target.api_key, watch.target.other_api_key)
        opened = open_on(watch, target=Target(watch.base_url, *keys, account_id=account.id))
        ((request_id, _),) = opened.sandbox.requests
        calls = [
            ("link/complete", {"link_id": waiting_id(opened)}),
            ("link/complete", {"link_id": waiting_id(opened, 1)}),
            ("request/status", {"request_id": request_id, "status": "completed"}),
            ("account/status", {"account_id": account.id, "status": "active"}),
        ]
        for path, body in calls:
            assert opened.client.send("POST", f"/callback/{path}", body).accepted
        notes = opened.restore().notes
    assert notes == (
        "created_links of the request Campaign B grew by up to 2; no update can lower it",
        "the status of the request Campaign B was changed; the API does not show the old status",
        f"the status of the account {account.id} was changed; the API does not show the old status",
    )


def test_the_sandbox_is_put_back_after_the_end_of_the_run(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        task_id, before = waiting_id(opened), opened.sandbox.own
        opened.put(task_id, link_post=LINK)
        opened.gate.end_run("the run was interrupted", EndCause.PERSON)
        with pytest.raises(RunEndedError):
            opened.put(task_id, link_post=LINK)
        receipt = opened.restore()
        assert [change.is_put_back for change in receipt.changes] == [True]
        assert opened.gate.end_reason == "the run was interrupted"
        assert open_on(watch).sandbox.own[0] == before[0]


def test_an_interrupt_stops_the_restoring_and_the_receipt_says_so(watched: Watch) -> None:
    interrupts = iter([False, True])

    def interrupt(exchange: Exchange) -> None:
        if exchange.method == "PUT" and next(interrupts):
            raise KeyboardInterrupt

    with watched({"transitions": "strict"}) as watch:
        opened = open_on(watch, watcher=interrupt)
        task_id = next(str(task["id"]) for task in opened.sandbox.own if task["status"] == "queued")
        opened.put(task_id, status="running")
        receipt = opened.restore()
    status = next(change for change in receipt.changes if change.field == "status")
    assert (status.before, status.after, status.is_put_back) == ("queued", "running", False)
    assert status.why == "putting the sandbox back was interrupted"


def test_a_target_that_no_longer_answers_is_in_the_notes(scripted: Any) -> None:
    task = {"id": "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b", "status": "pending", "request_id": "x"}
    scripted.body = render({"data": [task], "total": 1})
    target = Target(scripted.base_url, "the-key")
    plan = Plan(writes=Writes.SANDBOX, sandbox_tasks=(task["id"],))
    opened = open_on(None, plan, target=target)
    opened.put(task["id"], status="queued")
    scripted.status = 0
    receipt = opened.restore()
    assert receipt.notes == (
        "the sandbox could not be put back: cannot read the sandbox: GET /tasks got no answer; "
        "the current state of the tasks is not known",
    )


def test_restoring_sends_a_limited_number_of_requests(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "REQUESTS_TO_RESTORE", 3)
    with watched({"transitions": "strict", "refused-transition": "409"}) as watch:
        opened = open_on(watch)
        task_id = next(str(task["id"]) for task in opened.sandbox.own if task["status"] == "queued")
        opened.put(task_id, status="running")
        written = len(watch.received)
        receipt = opened.restore()
        assert len(watch.received) - written == 3
    status = next(change for change in receipt.changes if change.field == "status")
    assert status.why == (
        "the sandbox could not be put back: the 3 requests for putting the sandbox back are used up"
    )


def test_the_receipt_names_changes_of_requests_without_an_answer(watched: Watch) -> None:
    with watched() as watch:
        opened = open_on(watch)
        request_id, _ = opened.sandbox.requests[0]
        bodies = {
            "/callback/link/complete": {"link_id": waiting_id(opened)},
            "/callback/request/status": {"request_id": request_id, "status": "completed"},
        }
        for path, body in bodies.items():
            answered = opened.client.send("POST", path, body)
            opened.gate.exchanges[-1] = replace(answered, status=502)
        notes = " ".join(opened.restore().notes)
    assert "created_links of the request Campaign B grew by up to 1" in notes
    assert "the status of the request Campaign B may have been changed" in notes
