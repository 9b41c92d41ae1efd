"""Whole runs: sound servers pass, and a mock broken on purpose fails for that reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from workerkit.contracts.clock import Clock
from workerkit.contracts.conformance import conform
from workerkit.contracts.leeway import strict
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.report import Report
from workerkit.contracts.rules import Status
from workerkit.contracts.target import Target
from workerkit.mockserver.operations import ACTS
from workerkit.mockserver.refusal import Refusal
from workerkit.mockserver.world import World
from workerkit.openapi.api import Api
from workerkit.openapi.document import Document
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.silence import silences as known_silences

MakeTarget = Callable[..., Target]
# The tour and the first probes.
BRIEF = Plan(max_requests=140)


def broken(report: Report) -> set[str]:
    return {each.id for each in report.of(Status.BROKEN)}


def test_a_run_on_the_mock_keeps_every_rule(mock_target: MakeTarget) -> None:
    report = conform(mock_target())
    assert report.verdict == "pass"
    assert [(each.id, each.why) for each in report.rules if each.status is not Status.KEPT] == []
    assert report.ended == ""
    assert report.requests < 3000


ELSEWHERE = """
import sys
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.server import MockServer
from workerkit.mockserver.worlds import DEFAULT, Worlds
worlds = Worlds()
account = next(iter(worlds.add(DEFAULT, Founder(seed=1)).world.accounts))
with MockServer(worlds) as server:
    print(server.base_url, account, flush=True)
    sys.stdin.read()
"""


def test_the_mock_in_another_process_gets_the_same_report(mock_target: MakeTarget) -> None:
    plan = Plan(max_requests=900)
    here = conform(mock_target(), plan)
    command = [sys.executable, "-c", ELSEWHERE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, account = process.stdout.readline().split()
        keys = ("server-01-key", "server-02-key", "server-03-key")
        there = conform(Target(url, *keys, account_id=account), plan)
        process.communicate()
    assert process.returncode == 0
    assert there.verdict == here.verdict == "pass"
    assert replace(there, target="", seconds=0) == replace(here, target="", seconds=0)


def test_the_same_seed_sends_the_same_requests_and_comes_to_the_same_report(mock_target: MakeTarget) -> None:
    runs = []
    for _ in range(2):
        sent: list[Exchange] = []
        report = conform(mock_target(), Plan(max_requests=900, seed=7), watcher=sent.append)
        # Sorted, for some are sent side by side.
        requests = sorted(
            (each.method, each.path, each.query, each.request_headers, each.request_body) for each in sent
        )
        runs.append((requests, replace(report, target="", seconds=0).as_json()))
    assert runs[0] == runs[1]


def test_without_the_other_keys_their_rules_are_untested_and_say_so(mock_target: MakeTarget) -> None:
    target = Target(mock_target().base_url, "server-01-key")
    report = conform(target, Plan(max_requests=700))
    untested = {each.id: each.why for each in report.of(Status.UNTESTED)}
    assert untested == {
        "server-active": "needs --inactive-api-key",
        "update-own-only": "needs --other-api-key",
        "bulk-foreign": "needs --other-api-key",
        "not-your-task": "needs --other-api-key",
        "account-status": "the API shows no account's id: needs one to be given",
    }
    assert report.verdict == "pass"


def test_without_writes_the_server_is_as_it_was(mock_target: MakeTarget) -> None:
    target = mock_target()
    report = conform(target, Plan(writes=Writes.NONE))
    assert report.verdict == "pass"
    assert {each.why for each in report.of(Status.UNTESTED)} == {
        "needs --writes sandbox or all",
        "needs --writes all: what it changes is in no sandbox",
    }
    seen: list[Exchange] = []
    conform(target, BRIEF, watcher=seen.append)
    fresh: list[Exchange] = []
    conform(mock_target(), BRIEF, watcher=fresh.append)
    assert [each.answer_body for each in seen[:10]] == [each.answer_body for each in fresh[:10]]


def test_a_run_that_is_cut_short_says_so_and_blames_nobody(mock_target: MakeTarget) -> None:
    report = conform(mock_target(), Plan(max_requests=40))
    assert (report.requests, report.ended) == (40, "the run stopped at 40 requests")
    assert report.verdict == "pass"
    assert "the run stopped at 40 requests" in {each.why for each in report.of(Status.UNTESTED)}


def test_a_target_that_throttles_ends_the_run_and_is_not_blamed(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Throttled(Refusal):
        status = 429

    def refuse(*_: Any) -> dict[str, Any]:
        raise Throttled("too many")

    monkeypatch.setitem(ACTS, "sendLogs", refuse)
    clock = Clock(wait=lambda _: None)
    report = conform(mock_target(), clock=clock)
    assert "429" in report.ended
    assert report.verdict == "pass"


def test_an_interrupt_ends_the_run_with_a_report(mock_target: MakeTarget) -> None:
    def interrupt(exchange: Exchange) -> None:
        if exchange.number == 50:
            raise KeyboardInterrupt

    report = conform(mock_target(), watcher=interrupt)
    assert (report.requests, report.ended) == (50, "the run was interrupted")


def test_every_silence_is_reported_with_its_value_or_the_reason_why_not(mock_target: MakeTarget) -> None:
    report = conform(mock_target(), Plan(max_requests=180)).as_json()
    assert list(report["silences"]) == list(known_silences())
    unseen = {name for name, value in report["silences"].items() if value is None}
    assert unseen == {"refused-transition", "complete-twice", "related-entities", "heartbeat-silence"}
    assert unseen <= set(report["silence_notes"])


# A mock broken on purpose: by its answers, by what it does, by its spec.

Change = Callable[[dict[str, Any]], object]

ANSWERS: list[tuple[str, str, Change]] = [
    ("heartbeat", "heartbeat", lambda it: it["data"].pop("server_time")),
    ("heartbeat-name", "heartbeat", lambda it: it["data"].update(server_name="server-99")),
    ("list", "listTasks", lambda it: it.update(data=it["data"] + it["data"][:1])),
    ("list-page", "listTasks", lambda it: it.update(page=1)),
    ("list-limit", "listTasks", lambda it: it.update(limit=1000)),
    ("list-total", "listTasks", lambda it: it.update(total=it["total"] + 1)),
    ("list-total", "listTasks", lambda it: it.update(total=len(it["data"]))),
    ("list-next-cursor", "listTasks", lambda it: it.update(next_cursor=it["data"] and it["data"][0]["id"])),
    ("list-next-cursor", "listTasks", lambda it: it.update(next_cursor=None)),
    (
        "update-echo",
        "updateTask",
        lambda it: it["data"].update(link_id="6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"),
    ),
    ("bulk-counts", "bulkUpdateTasks", lambda it: it.update(success=it["total"])),
    ("bulk-results", "bulkUpdateTasks", lambda it: it["results"].reverse()),
    ("bulk-foreign", "bulkUpdateTasks", lambda it: [each.update(error="no") for each in it["results"]]),
    ("logs-created", "sendLogs", lambda it: it.update(created=it["created"] - 1)),
    ("request-status", "setRequestStatus", lambda it: it["data"].update(request_id="x")),
]


@pytest.mark.parametrize(("rule", "operation", "change"), ANSWERS)
def test_a_wrong_answer_breaks_its_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, rule: str, operation: str, change: Change
) -> None:
    sound = ACTS[operation]

    def wrong(*arguments: Any) -> dict[str, Any]:
        answer = sound(*arguments)
        change(answer)
        return answer

    monkeypatch.setitem(ACTS, operation, wrong)
    report = conform(mock_target(), BRIEF)
    assert report.verdict == "fail"
    assert rule in broken(report)


READS: list[tuple[str, dict[str, Any]]] = [
    ("list-limit", {"limit": 3}),
    ("list-status", {"status": ["pending", "queued", "running", "completed", "failed", "canceled"]}),
    ("list-service-type", {"service_type": None}),
    ("list-total", {"page": 1}),
]


@pytest.mark.parametrize(("rule", "parameters"), READS)
def test_a_parameter_that_is_not_heeded_breaks_its_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, rule: str, parameters: dict[str, Any]
) -> None:
    sound = ACTS["listTasks"]

    def deaf(world: Any, server: Any, call: Any) -> dict[str, Any]:
        answer = sound(world, server, replace(call, parameters={**call.parameters, **parameters}))
        return {**answer, "limit": call.parameters["limit"], "page": call.parameters["page"]}

    monkeypatch.setitem(ACTS, "listTasks", deaf)
    assert rule in broken(conform(mock_target(), BRIEF))


def test_a_cursor_that_is_not_heeded_breaks_its_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = ACTS["listTasks"]
    first_pages: list[dict[str, Any]] = []

    def deaf(world: Any, server: Any, call: Any) -> dict[str, Any]:
        if call.parameters["after"] is not None:
            return first_pages[-1]
        first_pages.append(sound(world, server, call))
        return first_pages[-1]

    monkeypatch.setitem(ACTS, "listTasks", deaf)
    assert "list-after" in broken(conform(mock_target(), BRIEF))


def lost(operation: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Answers as if it were done, and does nothing."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        def idle(world: Any, server: Any, call: Any) -> dict[str, Any]:
            link = call.parameters.get("id") or call.body.get("link_id")
            return {"success": True, "data": {"updated": True, "link_id": link}}

        monkeypatch.setitem(ACTS, operation, idle)

    return patch


def everybodys_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "own_task", lambda self, server, task_id: self.task(task_id))


def any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "key_holder", lambda self, key: self.server("server-01"))


def crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTS, "sendLogs", lambda world, server, call: {"created": 1 // 0})


def empty_lists_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = ACTS["listTasks"]
    monkeypatch.setitem(
        ACTS, "listTasks", lambda *call: {**(it := sound(*call)), "total": 1 // len(it["data"])}
    )


DEEDS: list[tuple[str, Callable[[pytest.MonkeyPatch], None]]] = [
    ("update", lost("updateTask")),
    ("link-update", lost("updateLink")),
    ("link-complete", lost("completeLink")),
    ("update-own-only", everybodys_tasks),
    ("bulk-foreign", everybodys_tasks),
    ("key-checked", any_key),
    ("no-system-error", crash),
    ("no-system-error", empty_lists_crash),
]


@pytest.mark.parametrize(("rule", "patch"), DEEDS)
def test_a_wrong_deed_breaks_its_rule(
    mock_target: MakeTarget,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    patch: Callable[[pytest.MonkeyPatch], None],
) -> None:
    patch(monkeypatch)
    assert rule in broken(conform(mock_target(), BRIEF))


def wrong_spec(change: Callable[[dict[str, Any]], object]) -> Api:
    root = deepcopy(strict().root)
    change(root)
    return Api(Document(root))


def schemas(root: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = root["components"]["schemas"]
    return found


SPECS: list[tuple[str, Change]] = [
    ("logs", lambda root: schemas(root)["LogBatch"]["properties"]["logs"].update(maxItems=501)),
    ("logs", lambda root: schemas(root)["LogBatch"]["properties"]["logs"].update(maxItems=499)),
    ("bulk", lambda root: schemas(root)["BulkUpdate"]["properties"]["items"].update(maxItems=600)),
    ("logs-levels", lambda root: schemas(root)["LogLevel"]["enum"].append("TRACE")),
    ("logs-levels", lambda root: schemas(root)["LogLevel"]["enum"].remove("DEBUG")),
    (
        "update-status",
        lambda root: schemas(root)["TaskUpdate"]["properties"].update(status={"type": "string"}),
    ),
    (
        "list-limit",
        lambda root: root["paths"]["/tasks"]["get"]["parameters"][1]["schema"].update(maximum=2000),
    ),
    ("list-limit", lambda root: root["paths"]["/tasks"]["get"]["parameters"][1]["schema"].update(default=50)),
    (
        "list-limit",
        lambda root: root["paths"]["/tasks"]["get"]["parameters"][1]["schema"].update(maximum=500),
    ),
    (
        "list-status",
        lambda root: root["paths"]["/tasks"]["get"]["parameters"][3]["schema"].update(default=["failed"]),
    ),
    ("link-update-optional", lambda root: schemas(root)["LinkUpdate"]["required"].append("status")),
    (
        "server-active",
        lambda root: root["components"]["securitySchemes"]["serverKey"]["x-active-statuses"].append(
            "offline"
        ),
    ),
]


@pytest.mark.parametrize(("rule", "change"), SPECS)
def test_another_bound_than_the_pages_breaks_its_rule(
    mock_target: MakeTarget, rule: str, change: Change
) -> None:
    assert rule in broken(conform(mock_target(wrong_spec(change)), BRIEF))


def any_load(root: dict[str, Any]) -> None:
    schemas(root)["Heartbeat"]["properties"]["cpu_usage"].pop("type")


def plain_messages(root: dict[str, Any]) -> None:
    schemas(root)["LogEntry"]["properties"]["message"]["pattern"] = "^[ -~]*$"


@pytest.mark.parametrize(("rule", "change"), [("bad-request", any_load), ("logs", plain_messages)])
def test_the_engine_finds_what_the_tour_does_not_try(
    mock_target: MakeTarget, rule: str, change: Change
) -> None:
    assert rule not in broken(conform(mock_target(wrong_spec(change)), Plan(max_requests=85)))
    assert rule in broken(conform(mock_target(wrong_spec(change)), Plan(max_requests=1000)))


def test_a_finding_has_a_curl_line_and_no_secret(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Exchange] = []
    sound = ACTS["listTasks"]
    monkeypatch.setitem(ACTS, "listTasks", lambda *call: {**sound(*call), "total": "many"})
    report = conform(mock_target(), BRIEF, watcher=seen.append)
    rule = next(each for each in report.rules if each.id == "list")
    assert "total" in rule.why
    shown = rule.evidence[0]
    assert shown.curl.startswith("curl -i -X GET ")
    assert '-H "X-API-Key: $LIKEPION_API_KEY"' in shown.curl
    text = json.dumps(report.as_json())
    tasks = [
        task for each in seen if each.accepted for task in (each.answered() or {}).get("data", []) if task
    ]
    secrets = {task[name] for task in tasks if isinstance(task, dict) for name in ("password", "email")}
    assert len(secrets) > 5
    assert [
        each for each in (*secrets, "server-01-key", "server-02-key", "server-03-key") if each in text
    ] == []
