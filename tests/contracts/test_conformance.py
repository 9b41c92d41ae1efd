"""Complete conformance runs: a correct mock passes, and a mock with a planted mistake fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.lenient_spec import strict_spec
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
# Enough requests for the scripted requests and the first probes.
SHORT_PLAN = Plan(max_requests=200)


def broken_rules(report: Report) -> set[str]:
    return {rule.id for rule in report.with_status(RuleStatus.BROKEN)}


def test_a_run_on_the_mock_keeps_every_rule(mock_target: MakeTarget) -> None:
    report = conform(mock_target())
    assert report.verdict == "pass"
    assert [(rule.id, rule.why) for rule in report.rules if rule.status is not RuleStatus.KEPT] == []
    assert report.end_reason == ""
    assert report.requests < 3000


MOCK_IN_A_PROCESS = """
import sys
from workerkit.mockserver.worlds.world_builder import (WorldBuilder)
from workerkit.mockserver.server.server import (WorldServer)
from workerkit.mockserver.worlds.worlds import (DEFAULT, Worlds)
worlds = Worlds()
account = next(iter(worlds.add(DEFAULT, WorldBuilder(seed=1)).world.accounts))
with WorldServer(worlds) as server:
    print(server.base_url, account, flush=True)
    sys.stdin.read()
"""


@pytest.mark.long
def test_the_same_seed_gives_the_same_requests_and_the_same_report(mock_target: MakeTarget) -> None:
    """This also holds for a mock in another process."""
    plan = Plan(max_requests=600, seed=7)
    first = requests_and_report(mock_target(), plan)
    command = [sys.executable, "-c", MOCK_IN_A_PROCESS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, account = process.stdout.readline().split()
        keys = ("server-01-key", "server-02-key", "server-03-key")
        second = requests_and_report(Target(url, *keys, account_id=account), plan)
        process.communicate()
    assert process.returncode == 0
    assert first[1]["verdict"] == "pass"
    assert second == first


def requests_and_report(target: Target, plan: Plan) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """The requests of a run, and its report without address and duration.

    The requests are sorted, because some of them are sent at the same time.
    """
    sent: list[Exchange] = []
    report = conform(target, plan, watcher=sent.append)
    requests = sorted(
        (exchange.method, exchange.path, exchange.query, exchange.request_headers, exchange.request_body)
        for exchange in sent
    )
    return requests, replace(report, target="", seconds=0).as_json()


@pytest.mark.long
def test_rules_that_need_other_keys_are_untested_without_them(mock_target: MakeTarget) -> None:
    target = Target(mock_target().base_url, "server-01-key")
    report = conform(target, Plan(max_requests=700))
    untested = {rule.id: rule.why for rule in report.with_status(RuleStatus.UNTESTED)}
    assert untested == {
        "server-active": "needs --inactive-api-key",
        "update-own-only": "needs --other-api-key",
        "bulk-foreign": "needs --other-api-key",
        "not-your-task": "needs --other-api-key",
        "account-status": "needs --account-id, because no answer of the API shows account ids",
    }
    assert report.verdict == "pass"


def test_without_writes_the_server_does_not_change(mock_target: MakeTarget) -> None:
    target = mock_target()
    report = conform(target, Plan(writes=Writes.NONE))
    assert report.verdict == "pass"
    assert {rule.why for rule in report.with_status(RuleStatus.UNTESTED)} == {
        "needs --writes sandbox or all",
        "needs --writes all, because it changes data outside a sandbox",
    }
    after_run: list[Exchange] = []
    conform(target, SHORT_PLAN, watcher=after_run.append)
    on_new_mock: list[Exchange] = []
    conform(mock_target(), SHORT_PLAN, watcher=on_new_mock.append)
    assert [exchange.answer_body for exchange in after_run[:10]] == [
        exchange.answer_body for exchange in on_new_mock[:10]
    ]


def test_a_run_that_ends_early_reports_the_reason_and_no_broken_rule(mock_target: MakeTarget) -> None:
    report = conform(mock_target(), Plan(max_requests=40))
    assert (report.requests, report.end_reason) == (
        40,
        "the run stopped at 40 requests, as --max-requests says",
    )
    assert report.verdict == "pass"
    assert "the run stopped at 40 requests, as --max-requests says" in {
        rule.why for rule in report.with_status(RuleStatus.UNTESTED)
    }


def test_too_many_answers_429_end_the_run_and_break_no_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Throttled(RefusalError):
        status = 429

    def refuse(*_: Any) -> dict[str, Any]:
        raise Throttled("too many")

    monkeypatch.setitem(HANDLERS, "sendLogs", refuse)
    clock = RunClock(wait=lambda _: None)
    report = conform(mock_target(), clock=clock)
    assert "429" in report.end_reason
    assert report.verdict == "pass"


def test_an_interrupt_ends_the_run_with_a_report(mock_target: MakeTarget) -> None:
    def interrupt(exchange: Exchange) -> None:
        if exchange.number == 50:
            raise KeyboardInterrupt

    report = conform(mock_target(), watcher=interrupt)
    assert (report.requests, report.end_reason) == (50, "the run was interrupted")


def test_every_silence_is_reported_with_its_value_or_a_reason(mock_target: MakeTarget) -> None:
    report = conform(mock_target(), Plan(max_requests=240)).as_json()
    assert list(report["silences"]) == list(known_silences())
    unknown = {name for name, value in report["silences"].items() if value is None}
    strict_only = {"refused-transition", "link-update-flow", "completion-flow"}
    assert unknown == {*strict_only, "complete-twice", "related-entities", "heartbeat-silence"}
    assert unknown <= set(report["silence_notes"])


# A mock with a planted mistake. test_mutants.py has more of them.

SpecChange = Callable[[dict[str, Any]], object]


def wrong_spec(change: SpecChange) -> Api:
    root = deepcopy(strict_spec().root)
    change(root)
    return Api(Document(root))


def schemas(root: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = root["components"]["schemas"]
    return found


def allow_any_ip(root: dict[str, Any]) -> None:
    schemas(root)["Heartbeat"]["properties"]["ip"].pop("type")


def allow_ascii_names_only(root: dict[str, Any]) -> None:
    schemas(root)["Heartbeat"]["properties"]["server_name"]["pattern"] = "^[ -~]*$"


@pytest.mark.parametrize(
    ("rule", "change"),
    sampled([("heartbeat", allow_ascii_names_only), ("bad-request", allow_any_ip)], every=2, unpack=True),
)
def test_schemathesis_finds_mistakes_that_the_scripted_requests_do_not_find(
    mock_target: MakeTarget, rule: str, change: SpecChange
) -> None:
    assert rule not in broken_rules(conform(mock_target(wrong_spec(change)), SHORT_PLAN))
    assert rule in broken_rules(conform(mock_target(wrong_spec(change)), Plan(max_requests=1200)))


def test_a_finding_has_a_curl_command_and_no_secrets(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanges: list[Exchange] = []
    correct = HANDLERS["listTasks"]
    monkeypatch.setitem(HANDLERS, "listTasks", lambda *call: {**correct(*call), "total": "many"})
    report = conform(mock_target(), SHORT_PLAN, watcher=exchanges.append)
    rule = next(rule for rule in report.rules if rule.id == "list")
    assert "total" in rule.why
    evidence = rule.evidence[0]
    assert evidence.curl.startswith("curl -i -X GET ")
    assert '-H "X-API-Key: $LIKEPION_API_KEY"' in evidence.curl
    text = json.dumps(report.as_json())
    tasks = [
        task
        for exchange in exchanges
        if exchange.accepted
        for task in (exchange.answer_json() or {}).get("data", [])
        if task
    ]
    secrets = {task[name] for task in tasks if isinstance(task, dict) for name in ("password", "email")}
    assert len(secrets) > 5
    keys = {"server-01-key", "server-02-key", "server-03-key"}
    assert [secret for secret in secrets | keys if secret in text] == []
