"""Whole runs, watched on the wire: what arrives at a server, and what it leaves there."""

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

from workerkit.contracts.conformance import conform
from workerkit.contracts.report.text import intention
from workerkit.contracts.sandbox.sandbox import NoSandboxError
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange

Watch = Callable[..., AbstractContextManager[Any]]
# Where a request that is wrong in part does the rest, and where more is taken than one would think.
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
DIALECTS = pytest.mark.parametrize("choices", [{}, GREEDY, PICKY], ids=["default", "greedy", "picky"])
SANDBOX = Plan(writes=Writes.SANDBOX, sandbox_requests=("Campaign B",), max_requests=220)
NOBODYS = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
NAMES = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_read(seen: Any) -> bool:
    return bool(seen.method == "GET" and seen.path.split("?")[0] == "/api/v1/worker/tasks")


def named(seen: Any) -> set[str]:
    return {each.decode().lower() for each in NAMES.findall(seen.path.encode() + b" " + seen.body)}


@DIALECTS
def test_without_writes_only_lists_and_refused_requests_arrive_and_nothing_changes(
    watched: Watch, choices: dict[str, str]
) -> None:
    with watched(choices) as watch:
        before = watch.state()
        report = conform(watch.target, Plan(writes=Writes.NONE, max_requests=200))
        after = watch.state()
    assert after == before
    assert [each for each in watch.seen if not is_read(each) and each.status < 400] == []
    assert sum(not is_read(each) for each in watch.seen) > 20
    assert report.verdict == "pass"
    assert (report.withheld, report.receipt) == ((), None)
    kept = {rule.id for rule in report.rules if rule.status == "kept"}
    assert {"bad-request", "link-update-required", "key-required", "server-active"} <= kept


def test_without_writes_the_generated_requests_stay_harmless_for_every_seed(watched: Watch) -> None:
    with watched(GREEDY) as watch:
        before = watch.state()
        for seed in range(2, 4):
            report = conform(watch.target, Plan(writes=Writes.NONE, seed=seed, max_requests=330))
            assert report.withheld == ()
        assert watch.state() == before


@DIALECTS
def test_in_a_sandbox_only_its_tasks_and_its_request_change(watched: Watch, choices: dict[str, str]) -> None:
    with watched(choices) as watch:
        tasks = {*watch.tasks_of("Campaign B"), *watch.tasks_of("Campaign B", "server-02")}
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
        request = {each.id for each in watch.world.requests.values() if each.name == "Campaign B"}
    assert (report.verdict, report.withheld) == ("pass", ())
    assert {name: after[name] for name in ("servers", "accounts", "logs")} == {
        name: before[name] for name in ("servers", "accounts", "logs")
    }
    assert changed(before, after, "tasks") <= tasks
    assert changed(before, after, "requests") <= request
    strangers = {task["id"] for task in before["tasks"]} - tasks
    assert [each for each in watch.seen if each.method != "GET" and named(each) & strangers] == []


def changed(before: dict[str, Any], after: dict[str, Any], name: str) -> set[str]:
    return {one["id"] for one, other in zip(before[name], after[name], strict=True) if one != other}


def shown(state: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    fields = ("status", "link_profile", "link_post")
    return {task["id"]: tuple(task[name] for name in fields) for task in state["tasks"]}


def test_a_sandbox_is_put_back_and_its_receipt_tells_the_truth(watched: Watch) -> None:
    with watched() as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
    assert shown(after) == shown(before)
    assert report.receipt is not None
    truth = {
        (one["id"], name)
        for one, other in zip(before["tasks"], after["tasks"], strict=True)
        for name in one
        if one[name] != other[name] and name != "completed_at"
    }
    assert {(each.task, each.field) for each in report.receipt.left} == truth
    back = [change for change in report.receipt.changes if change.is_put_back]
    assert len(back) > 5
    assert {each.field for each in back} >= {"status", "link_profile", "link_post"}
    assert "created_links of the request Campaign B" in " ".join(report.receipt.notes)
    receipt = json.loads(json.dumps(report.as_json()))["receipt"]
    assert set(receipt) == {"changes", "notes"}
    assert set(receipt["changes"][0]) == {"task", "field", "was", "now", "put_back", "why"}


def test_what_a_strict_server_does_not_take_back_is_said(watched: Watch) -> None:
    with watched(PICKY) as watch:
        before = watch.state()
        report = conform(watch.target, SANDBOX)
        after = watch.state()
    assert report.receipt is not None
    moved = {each for each, fields in shown(after).items() if fields != shown(before)[each]}
    said = {each.task for each in report.receipt.left if each.field == "status"}
    assert moved
    assert said == moved
    assert "answered 409" in " ".join(each.why for each in report.receipt.left)


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
        assert shown(watch.state()) == shown(before)
    assert report.ended == "the run was interrupted"
    assert report.receipt is not None
    assert report.receipt.changes
    assert report.requests < 120


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_process_that_is_told_to_stop_puts_the_sandbox_back_first(watched: Watch, name: str) -> None:
    with watched() as watch:
        before = watch.state()
        with conforming(watch, "--writes", "sandbox", "--sandbox-request", "Campaign B") as process:
            watch.wait_for(lambda each: each.method == "PUT" and each.status == 200)
            process.send_signal(getattr(signal, name))
            output, errors = process.communicate(timeout=120)
        assert shown(watch.state()) == shown(before)
    assert errors == ""
    assert "The run ended early: the run was interrupted." in output
    assert "In the sandbox " in output
    assert process.returncode == 130


def conforming(watch: Any, *options: str) -> subprocess.Popen[str]:
    """The command at work, with the keys in its environment."""
    script = str(Path(sys.executable).with_name("workerkit"))
    names = ("WORKERKIT_API_KEY", "WORKERKIT_OTHER_API_KEY", "WORKERKIT_INACTIVE_API_KEY")
    environment = os.environ | dict(zip(names, watch.target.keys, strict=True))
    command = [script, "conform", watch.base_url, *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_a_second_interrupt_ends_the_putting_back_too_and_says_what_is_left(watched: Watch) -> None:
    seen: list[Exchange] = []

    def interrupt(exchange: Exchange) -> None:
        seen.append(exchange)
        taken = [each for each in seen if each.method == "PUT" and each.accepted]
        if len(taken) in (3, 4) and taken[-1] is exchange:
            raise KeyboardInterrupt

    with watched() as watch:
        report = conform(watch.target, SANDBOX, watcher=interrupt)
    assert report.receipt is not None
    assert "interrupted" in " ".join(each.why for each in report.receipt.left)


def test_an_account_that_is_named_is_set_in_a_sandbox_and_no_other(watched: Watch) -> None:
    with watched() as watch:
        account = next(task.account for task in watch.world.tasks.values() if task.server == "server-01")
        account.status = "blocked"
        before = watch.state()
        target = replace(watch.target, account_id=account.id.upper())
        report = conform(target, SANDBOX)
        after = watch.state()
    assert changed(before, after, "accounts") == {account.id}
    assert report.withheld == ()
    assert {rule.id: rule.status for rule in report.rules}["account-status"] == "kept"
    assert report.receipt is not None
    assert [note for note in report.receipt.notes if "account" in note] == [
        f"the status of the account {account.id} was set; the API does not show what it was"
    ]
    said = intention(target, SANDBOX)
    assert f"the status of the account {account.id}" in said
    assert "status of another account is sent" in said


def test_an_account_that_the_server_does_not_know_is_asked_for(watched: Watch) -> None:
    with watched() as watch:
        report = conform(replace(watch.target, account_id=NOBODYS), SANDBOX)
    (why,) = (rule.why for rule in report.rules if rule.id == "account-status")
    assert why == f"answered 404, expected 2xx: is {NOBODYS} an account of this server's tasks?"


def test_a_single_task_is_a_sandbox_too(watched: Watch) -> None:
    with watched() as watch:
        task = watch.tasks_of("Campaign C")[0]
        before = watch.state()
        said: list[str] = []
        plan = Plan(writes=Writes.SANDBOX, sandbox_tasks=(task.upper(),), max_requests=120)
        report = conform(watch.target, plan, say=said.append)
        after = watch.state()
    assert changed(before, after, "tasks") <= {task}
    assert task in said[0]
    why = {rule.id: rule.why for rule in report.rules}
    assert report.withheld == ()
    assert why["account-status"].startswith("needs --account-id")


@pytest.mark.parametrize(
    ("sandbox", "words"),
    [
        ({"sandbox_requests": ("Campaign X",)}, "those that are there: Campaign A, Campaign B"),
        ({"sandbox_tasks": (NOBODYS,)}, "no such task in its list"),
    ],
)
def test_a_sandbox_that_is_not_there_is_refused_before_anything_is_written(
    watched: Watch, sandbox: dict[str, Any], words: str
) -> None:
    with watched() as watch:
        with pytest.raises(NoSandboxError, match=words):
            conform(watch.target, Plan(writes=Writes.SANDBOX, **sandbox))
        assert {each.method for each in watch.seen} == {"GET"}


def test_another_servers_task_is_no_sandbox_of_this_one(watched: Watch) -> None:
    with watched() as watch:
        task = watch.tasks_of("Campaign A", "server-02")[0]
        with pytest.raises(NoSandboxError, match=task):
            conform(
                Target(watch.base_url, "server-01-key"), Plan(writes=Writes.SANDBOX, sandbox_tasks=(task,))
            )
