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

from workerkit.contracts.conformance import conform
from workerkit.contracts.page.lenient_spec import strict
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.refusal import RefusalError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.document import Document
from workerkit.openapi.spec.silence import silences as known_silences

MakeTarget = Callable[..., Target]
# The tour and the first probes.
BRIEF = Plan(max_requests=160)


def broken(report: Report) -> set[str]:
    return {each.id for each in report.of(RuleStatus.BROKEN)}


def test_a_run_on_the_mock_keeps_every_rule(mock_target: MakeTarget) -> None:
    report = conform(mock_target())
    assert report.verdict == "pass"
    assert [(rule.id, rule.why) for rule in report.rules if rule.status is not RuleStatus.KEPT] == []
    assert report.ended == ""
    assert report.requests < 3000


ELSEWHERE = """
import sys
from workerkit.mockserver.worlds.world_builder import (Founder)
from workerkit.mockserver.server.server import (MockServer)
from workerkit.mockserver.worlds.worlds import (DEFAULT, Worlds)
worlds = Worlds()
account = next(iter(worlds.add(DEFAULT, Founder(seed=1)).world.accounts))
with MockServer(worlds) as server:
    print(server.base_url, account, flush=True)
    sys.stdin.read()
"""


def test_the_same_seed_sends_the_same_requests_and_comes_to_the_same_report(mock_target: MakeTarget) -> None:
    """Also where the mock is in another process."""
    plan = Plan(max_requests=900, seed=7)
    here = requests_and_report(mock_target(), plan)
    command = [sys.executable, "-c", ELSEWHERE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, account = process.stdout.readline().split()
        keys = ("server-01-key", "server-02-key", "server-03-key")
        there = requests_and_report(Target(url, *keys, account_id=account), plan)
        process.communicate()
    assert process.returncode == 0
    assert here[1]["verdict"] == "pass"
    assert there == here


def requests_and_report(target: Target, plan: Plan) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """What a run sent, sorted, for some are sent side by side; and its report, without where and how long."""
    sent: list[Exchange] = []
    report = conform(target, plan, watcher=sent.append)
    requests = sorted(
        (each.method, each.path, each.query, each.request_headers, each.request_body) for each in sent
    )
    return requests, replace(report, target="", seconds=0).as_json()


def test_without_the_other_keys_their_rules_are_untested_and_say_so(mock_target: MakeTarget) -> None:
    target = Target(mock_target().base_url, "server-01-key")
    report = conform(target, Plan(max_requests=700))
    untested = {each.id: each.why for each in report.of(RuleStatus.UNTESTED)}
    assert untested == {
        "server-active": "needs --inactive-api-key",
        "update-own-only": "needs --other-api-key",
        "bulk-foreign": "needs --other-api-key",
        "not-your-task": "needs --other-api-key",
        "account-status": "needs --account-id: no answer of the API shows one",
    }
    assert report.verdict == "pass"


def test_without_writes_the_server_is_as_it_was(mock_target: MakeTarget) -> None:
    target = mock_target()
    report = conform(target, Plan(writes=Writes.NONE))
    assert report.verdict == "pass"
    assert {each.why for each in report.of(RuleStatus.UNTESTED)} == {
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
    assert (report.requests, report.ended) == (40, "the run stopped at 40 requests, as --max-requests says")
    assert report.verdict == "pass"
    assert "the run stopped at 40 requests, as --max-requests says" in {
        each.why for each in report.of(RuleStatus.UNTESTED)
    }


def test_a_target_that_throttles_ends_the_run_and_is_not_blamed(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Throttled(RefusalError):
        status = 429

    def refuse(*_: Any) -> dict[str, Any]:
        raise Throttled("too many")

    monkeypatch.setitem(HANDLERS, "sendLogs", refuse)
    clock = RunClock(wait=lambda _: None)
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
    report = conform(mock_target(), Plan(max_requests=240)).as_json()
    assert list(report["silences"]) == list(known_silences())
    unseen = {name for name, value in report["silences"].items() if value is None}
    of_the_strict = {"refused-transition", "link-update-flow", "completion-flow"}
    assert unseen == {*of_the_strict, "complete-twice", "related-entities", "heartbeat-silence"}
    assert unseen <= set(report["silence_notes"])


# A mock broken on purpose. All that one may find of it is in test_mutants.py.

FieldChange = Callable[[dict[str, Any]], object]


def wrong_spec(change: Callable[[dict[str, Any]], object]) -> Api:
    root = deepcopy(strict().root)
    change(root)
    return Api(Document(root))


def schemas(root: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = root["components"]["schemas"]
    return found


def any_name(root: dict[str, Any]) -> None:
    schemas(root)["Heartbeat"]["properties"]["ip"].pop("type")


def plain_names(root: dict[str, Any]) -> None:
    schemas(root)["Heartbeat"]["properties"]["server_name"]["pattern"] = "^[ -~]*$"


@pytest.mark.parametrize(("rule", "change"), [("bad-request", any_name), ("heartbeat", plain_names)])
def test_the_engine_finds_what_the_tour_does_not_try(
    mock_target: MakeTarget, rule: str, change: FieldChange
) -> None:
    assert rule not in broken(conform(mock_target(wrong_spec(change)), BRIEF))
    assert rule in broken(conform(mock_target(wrong_spec(change)), Plan(max_requests=1000)))


def test_a_finding_has_a_curl_line_and_no_secret(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Exchange] = []
    sound = HANDLERS["listTasks"]
    monkeypatch.setitem(HANDLERS, "listTasks", lambda *call: {**sound(*call), "total": "many"})
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
