"""Complete runs against a watched mock: which requests arrive, and what has changed at the end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.report.text import plan_text
from workerkit.contracts.sandbox.sandbox import NoSandboxError
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange

Watch = Callable[..., AbstractContextManager[Any]]
# This server accepts as much as possible. It executes the valid part of a request that is partly wrong.
GREEDY = {
    "bulk-bad-item": "item",
    "logs-bad-entry": "skip",
    "log-level-case": "any",
    "null-field": "ignore",
    "bulk-empty": "accept",
    "logs-empty": "accept",
    "offline-heartbeat": "revives",
    "related-entities": "any",
    "malformed-id": "not-found",
    "first-check": "body",
    "limit-above-maximum": "clamp",
    "below-minimum": "default",
    "unknown-status-filter": "empty",
    "complete-twice": "twice",
    "retry": "automatic",
}
# This server refuses as much as possible.
PICKY = {
    "transitions": "strict",
    "refused-transition": "409",
    "link-update-flow": "free",
    "completion-flow": "free",
    "unknown-field": "reject",
    "empty-change": "reject",
    "heartbeat-fields": "required",
    "content-type": "unsupported",
    "entity-status": "listed",
    "bulk-duplicate": "reject",
    "retry-count": "on-failure",
}
DIALECTS = pytest.mark.parametrize(
    "choices", sampled([PICKY, {}, GREEDY], every=3), ids=["picky", "default", "greedy"]
)
SANDBOX = Plan(writes=Writes.SANDBOX, sandbox_requests=("Campaign B",), max_requests=220)
UNKNOWN_ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
UUIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_read(request: Any) -> bool:
    return bool(request.method == "GET" and request.path.split("?")[0] == "/api/v1/worker/tasks")


def ids_in(request: Any) -> set[str]:
    return {found.decode().lower() for found in UUIDS.findall(request.path.encode() + b" " + request.body)}


@DIALECTS
def test_without_writes_only_lists_are_accepted_and_nothing_changes(
    watched: Watch, choices: dict[str, str]
) -> None:
    with watched(choices) as watch:
        before = watch.state()
        report = conform(watch.target, Plan(writes=Writes.NONE, max_requests=200))
        after = watch.state()
    assert after == before
    assert [request for request in watch.received if not is_read(request) and request.status < 400] == []
    assert sum(not is_read(request) for request in watch.received) > 20
    assert report.verdict == "pass"
    assert (report.withheld, report.receipt) == ((), None)
    kept = {rule.id for rule in report.rules if rule.status == "kept"}
    assert {"bad-request", "link-update-required", "key-required", "server-active"} <= kept


def test_without_writes_generated_requests_change_nothing_for_several_seeds(watched: Watch) -> None:
    with watched(GREEDY) as watch:
        before = watch.state()
        for seed in range(2, 4):
            report = conform(watch.target, Plan(writes=Writes.NONE, seed=seed, max_requests=330))
            assert report.withheld == ()
        assert watch.state() == before


@DIALECTS
def test_with_a_sandbox_only_its_tasks_and_its_request_change(
    watched: Watch, choices: dict[str, str]
) -> None:
    with watched(choices) as watch:
        tasks = {*watch.tasks_of("Campaign B"), *watch.tasks_of("Campaign B", "server-02")}
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
        request = {
            customer_request.id
            for customer_request in watch.world.requests.values()
            if customer_request.name == "Campaign B"
        }
    assert (report.verdict, report.withheld) == ("pass", ())
    assert {name: after[name] for name in ("servers", "accounts", "logs")} == {
        name: before[name] for name in ("servers", "accounts", "logs")
    }
    assert changed_ids(before, after, "tasks") <= tasks
    assert changed_ids(before, after, "requests") <= request
    outside = {task["id"] for task in before["tasks"]} - tasks
    assert [
        request for request in watch.received if request.method != "GET" and ids_in(request) & outside
    ] == []


def changed_ids(before: dict[str, Any], after: dict[str, Any], name: str) -> set[str]:
    return {old["id"] for old, new in zip(before[name], after[name], strict=True) if old != new}


def visible_fields(state: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    fields = ("status", "link_profile", "link_post")
    return {task["id"]: tuple(task[name] for name in fields) for task in state["tasks"]}


def test_a_sandbox_is_put_back_and_its_receipt_is_right(watched: Watch) -> None:
    with watched() as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
    assert visible_fields(after) == visible_fields(before)
    assert report.receipt is not None
    still_changed = {
        (old["id"], name)
        for old, new in zip(before["tasks"], after["tasks"], strict=True)
        for name in old
        if old[name] != new[name] and name != "completed_at"
    }
    assert {(change.task, change.field) for change in report.receipt.not_put_back} == still_changed
    back = [change for change in report.receipt.changes if change.is_put_back]
    assert len(back) > 5
    assert {change.field for change in back} >= {"status", "link_profile", "link_post"}
    assert "created_links of the request Campaign B" in " ".join(report.receipt.notes)
    receipt = json.loads(json.dumps(report.as_json()))["receipt"]
    assert set(receipt) == {"changes", "notes"}
    assert set(receipt["changes"][0]) == {"task", "field", "was", "now", "put_back", "why"}


def test_the_receipt_lists_what_a_strict_server_does_not_put_back(watched: Watch) -> None:
    with watched(PICKY) as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
    assert report.receipt is not None
    old_fields, new_fields = visible_fields(before), visible_fields(after)
    changed = {task_id for task_id, fields in new_fields.items() if fields != old_fields[task_id]}
    listed = {change.task for change in report.receipt.not_put_back if change.field == "status"}
    assert changed
    assert listed == changed
    assert "answered 409" in " ".join(change.why for change in report.receipt.not_put_back)


def test_an_interrupt_puts_the_sandbox_back_with_few_requests(watched: Watch) -> None:
    writes = 0

    def interrupt(exchange: Exchange) -> None:
        nonlocal writes
        writes += exchange.method == "PUT" and exchange.accepted
        if writes == 3:
            writes += 1
            raise KeyboardInterrupt

    with watched() as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX, watcher=interrupt)
        assert visible_fields(watch.state()) == visible_fields(before)
    assert report.end_reason == "the run was interrupted"
    assert report.receipt is not None
    assert report.receipt.changes
    assert report.requests < 120


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_to_the_command_puts_the_sandbox_back(watched: Watch, name: str) -> None:
    with watched() as watch:
        before = watch.state()
        with conforming(watch, "--writes", "sandbox", "--sandbox-request", "Campaign B") as process:
            watch.wait_for(lambda request: request.method == "PUT" and request.status == 200)
            process.send_signal(getattr(signal, name))
            output, errors = process.communicate(timeout=120)
        assert visible_fields(watch.state()) == visible_fields(before)
    assert errors == ""
    assert "The run ended early: the run was interrupted." in output
    assert "In the sandbox " in output
    assert process.returncode == 130


def test_ctrl_c_in_pytest_puts_the_sandbox_back(watched: Watch, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "--conform"]
    options = ("--conform-writes=sandbox", "--conform-sandbox-request=Campaign B")
    with watched() as watch:
        before = watch.state()
        command = [*words, watch.base_url, *options]
        with process_with_keys(watch, command, cwd=tmp_path) as process:
            watch.wait_for(lambda request: request.method == "PUT" and request.status == 200)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=120)
        assert visible_fields(watch.state()) == visible_fields(before)
    assert "The run ended early: the run was interrupted." in output
    assert "In the sandbox the run changed " in output
    assert process.returncode == pytest.ExitCode.INTERRUPTED


def test_an_interrupt_between_an_answer_and_its_record_leaves_no_change(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has done the update, and nothing but the sent request tells it."""
    record = Gate._record
    interrupted: list[Any] = []

    def interrupt(gate: Gate, unanswered: Exchange, request: Any, response: Any, why: str) -> Exchange:
        if not interrupted and request.method == "PUT" and response.status_code == 200:
            interrupted.append(request)
            raise KeyboardInterrupt
        return record(gate, unanswered, request, response, why)

    monkeypatch.setattr(Gate, "_record", interrupt)
    with watched() as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        assert interrupted
        assert visible_fields(watch.state()) == visible_fields(before)
    assert report.receipt is not None
    assert [change.is_put_back for change in report.receipt.changes] == [True]


def conforming(watch: Any, *options: str) -> subprocess.Popen[str]:
    """Starts the command, with the keys in its environment."""
    script = str(Path(sys.executable).with_name("workerkit"))
    return process_with_keys(watch, [script, "conform", watch.base_url, *options])


def process_with_keys(watch: Any, command: list[str], cwd: Path | None = None) -> subprocess.Popen[str]:
    names = ("WORKERKIT_API_KEY", "WORKERKIT_OTHER_API_KEY", "WORKERKIT_INACTIVE_API_KEY")
    environment = os.environ | dict(zip(names, watch.target.keys, strict=True))
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, cwd=cwd)


def test_a_second_interrupt_stops_the_restoring_and_the_receipt_says_so(watched: Watch) -> None:
    exchanges: list[Exchange] = []

    def interrupt(exchange: Exchange) -> None:
        exchanges.append(exchange)
        accepted = [known for known in exchanges if known.method == "PUT" and known.accepted]
        if len(accepted) in (3, 4) and accepted[-1] is exchange:
            raise KeyboardInterrupt

    with watched() as watch:
        report = conform(watch.target, SANDBOX, watcher=interrupt)
    assert report.receipt is not None
    assert "interrupted" in " ".join(change.why for change in report.receipt.not_put_back)


def test_a_sandbox_run_changes_the_given_account_and_no_other(watched: Watch) -> None:
    with watched() as watch:
        account = next(task.account for task in watch.world.tasks.values() if task.server == "server-01")
        account.status = "blocked"
        before = watch.state()
        target = replace(watch.target, account_id=account.id.upper())
        report = conform(target, SANDBOX)
        after = watch.state()
    assert changed_ids(before, after, "accounts") == {account.id}
    assert report.withheld == ()
    assert {rule.id: rule.status for rule in report.rules}["account-status"] == "kept"
    assert report.receipt is not None
    assert [note for note in report.receipt.notes if "account" in note] == [
        f"the status of the account {account.id} was changed; the API does not show the old status"
    ]
    text = plan_text(target, SANDBOX)
    assert f"the status of the account {account.id}" in text
    assert "logs or the status of another account" in text


def test_an_unknown_account_is_a_finding_that_names_it(watched: Watch) -> None:
    with watched() as watch:
        report = conform(replace(watch.target, account_id=UNKNOWN_ID), SANDBOX)
    (why,) = (rule.why for rule in report.rules if rule.id == "account-status")
    assert why == f"answered 404, expected 2xx: check that the account {UNKNOWN_ID} belongs to this server"


def test_a_single_task_can_be_the_sandbox(watched: Watch) -> None:
    with watched() as watch:
        task = watch.tasks_of("Campaign C")[0]
        before = watch.state()
        messages: list[str] = []
        plan = Plan(writes=Writes.SANDBOX, sandbox_tasks=(task.upper(),), max_requests=120)
        report = conform(watch.target, plan, say=messages.append)
        after = watch.state()
    assert changed_ids(before, after, "tasks") <= {task}
    assert task in messages[0]
    why = {rule.id: rule.why for rule in report.rules}
    assert report.withheld == ()
    assert why["account-status"].startswith("needs --account-id")


@pytest.mark.parametrize(
    ("sandbox", "message"),
    [
        ({"sandbox_requests": ("Campaign X",)}, "tasks of these requests: Campaign A, Campaign B"),
        ({"sandbox_tasks": (UNKNOWN_ID,)}, "the server of this API key has no such task"),
    ],
)
def test_an_unknown_sandbox_ends_the_run_before_the_first_write(
    watched: Watch, sandbox: dict[str, Any], message: str
) -> None:
    with watched() as watch:
        with pytest.raises(NoSandboxError, match=message):
            conform(watch.target, Plan(writes=Writes.SANDBOX, **sandbox))
        assert {request.method for request in watch.received} == {"GET"}


def test_a_task_of_another_server_cannot_be_the_sandbox(watched: Watch) -> None:
    with watched() as watch:
        task = watch.tasks_of("Campaign A", "server-02")[0]
        with pytest.raises(NoSandboxError, match=task):
            conform(
                Target(watch.base_url, "server-01-key"), Plan(writes=Writes.SANDBOX, sandbox_tasks=(task,))
            )
