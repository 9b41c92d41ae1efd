"""Runs with trouble on the way to a correct server, on real sockets. The trouble breaks no rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest

from tests.contracts.changing_proxy import Answer, Change, ProxiedRequest, changing_proxy
from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.text import report_text
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.silence import silences

WITHOUT_WAITS = RunClock(wait=lambda _: None)
# Enough requests for the scripted requests, and for some random ones.
SHORT_PLAN = Plan(max_requests=350)
RANDOM_LINK = re.compile(rb"workerkit/[0-9]+\"")
BAD_GATEWAY = Answer(502, (b"Content-Type: text/html",), b"<html>502 Bad Gateway</html>")
UNAVAILABLE = Answer(503, (b"Content-Type: application/json",), b'{"success": false}')


def ignore(_exchange: Exchange) -> None:
    pass


def run_through(
    change: Change, plan: Plan = SHORT_PLAN, watcher: Callable[[Exchange], None] = ignore
) -> Report:
    """The report of a run on a new mock, behind a proxy that changes the answers."""
    with own_mock(1) as mock, changing_proxy(mock.base_url, change) as base_url:
        return conform(replace(mock, base_url=base_url), plan, clock=WITHOUT_WAITS, watcher=watcher)


def broken(report: Report) -> dict[str, str]:
    return {rule.id: rule.why for rule in report.with_status(RuleStatus.BROKEN)}


def close_after_each_answer(_request: ProxiedRequest, answer: Answer) -> Answer:
    return replace(answer, closes=True)


def close_at_the_second_request(request: ProxiedRequest, answer: Answer) -> Answer | None:
    """A server that closes kept connections just when the next request is on its way."""
    return answer if request.number_on_connection == 1 else None


@pytest.mark.parametrize("change", sampled([close_after_each_answer, close_at_the_second_request], every=2))
def test_a_server_may_close_kept_connections_at_any_time(change: Change) -> None:
    report = run_through(change)
    assert broken(report) == {}
    assert report.trouble == ""
    assert report.requests == 350


@pytest.mark.parametrize(
    ("trouble", "most"),
    sampled([(BAD_GATEWAY, 400), (UNAVAILABLE, 400), (None, 700)], every=3, unpack=True),
)
def test_scattered_trouble_breaks_no_rule_and_teaches_nothing(trouble: Answer | None, most: int) -> None:
    chance = Random(1)

    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        return answer if request.number == 1 or chance.random() > 0.05 else trouble

    report = run_through(change, Plan(max_requests=most))
    assert (broken(report), exit_code(report, strict=False)) == ({}, 0)
    wrong = {
        silence: value
        for silence, value in report.observed_values
        if value not in (None, silences()[silence].default)
    }
    assert wrong == {}
    assert len(report.with_status(RuleStatus.KEPT)) > 20
    assert "Trouble on the way to the server: " in report_text(report)
    assert report.trouble == report.as_json()["trouble"]


def test_a_lost_answer_in_a_random_episode_is_no_finding() -> None:
    """The server has applied the update. The list then differs from the model, and this shows no fault."""
    written: set[str] = set()
    lost: list[ProxiedRequest] = []

    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        if "limit=1000" in request.path:
            # An episode begins with a list of all tasks.
            written.clear()
        if request.method != "PUT" or answer.status != 200 or request.path.endswith("/bulk"):
            return answer
        is_second = request.path in written
        written.add(request.path)
        if is_second and RANDOM_LINK.search(request.body) and not lost:
            lost.append(request)
            return None
        return answer

    report = run_through(change, Plan(max_requests=900))
    assert lost
    assert broken(report) == {}
    assert "the server may still act on it" in report.no_episodes_reason


@pytest.mark.parametrize("trouble", [BAD_GATEWAY, None])
def test_a_proxy_whose_server_dies_ends_the_run_after_a_few_requests(trouble: Answer | None) -> None:
    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        return answer if request.number <= 150 else trouble

    report = run_through(change)
    assert report.requests <= 170
    assert report.end_cause is EndCause.TARGET
    assert "the target itself did not answer 13 times in a row; the last time: " in report.end_reason
    assert broken(report) == {}
    assert exit_code(report, strict=False) == 3


def test_a_target_that_dies_gives_exit_code_3_and_its_findings_are_printed() -> None:
    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        if request.method == "GET":
            answer = replace(answer, body=answer.body.replace(b'"limit"', b'"limits"'))
        return answer if request.number <= 30 else None

    report = run_through(change)
    assert "list" in broken(report)
    assert "BROKEN    list: " in report_text(report)
    assert exit_code(report, strict=False) == 3


def test_a_target_that_stops_listening_ends_the_run() -> None:
    with own_mock(1) as mock:
        numbers = count(1)

        def stop(_exchange: Exchange) -> None:
            if next(numbers) == 40:
                proxy.__exit__(None, None, None)

        proxy = changing_proxy(mock.base_url, close_after_each_answer)
        target = replace(mock, base_url=proxy.__enter__())
        report = conform(target, SHORT_PLAN, clock=WITHOUT_WAITS, watcher=stop)
    assert "the last time: the connection was refused" in report.end_reason
    assert report.requests <= 60
    assert exit_code(report, strict=False) == 3


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (
            None,
            "got no answer 4 times, although the server answered other requests in between (the ",
        ),
        (UNAVAILABLE, "got the answer 503 4 times, although the server answered other requests in between"),
    ],
)
def test_a_server_that_never_answers_one_kind_of_request_breaks_a_rule(
    trouble: Answer | None, message: str
) -> None:
    received: list[bytes] = []

    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        is_log = request.path.endswith("/logs")
        if is_log:
            received.append(request.body)
        return trouble if is_log and b"captcha" in request.body else answer

    report = run_through(change)
    assert list(broken(report)) == ["no-system-error"]
    assert message in broken(report)["no-system-error"]
    assert broken(report)["no-system-error"].startswith('POST /api/v1/worker/logs {"logs":[')
    assert {received.count(body) for body in received if b"captcha" in body} == {4}
    assert exit_code(report, strict=False) == 1


@pytest.mark.long
def test_a_server_that_never_answers_lists_but_other_requests_breaks_a_rule() -> None:
    def change(request: ProxiedRequest, answer: Answer) -> Answer:
        return UNAVAILABLE if request.method == "GET" else answer

    report = run_through(change)
    assert "got the answer 503 4 times" in broken(report)["no-system-error"]


def test_a_write_without_an_answer_is_not_judged_by_its_second_answer() -> None:
    """The server has applied the first one, and a strict server then refuses the second one."""
    sent: Counter[tuple[str, bytes]] = Counter()
    refused = Answer(409, (), b"{}")

    def change(request: ProxiedRequest, answer: Answer) -> Answer | None:
        if request.method != "PUT" or request.path.endswith("/bulk") or answer.status != 200:
            return answer
        sent[request.path, request.body] += 1
        return {1: None, 2: refused}.get(sent[request.path, request.body], answer)

    report = run_through(change, Plan(max_requests=250))
    assert broken(report) == {}
    assert "checks were left out" in report.trouble
    why = {rule.id: rule.why for rule in report.with_status(RuleStatus.UNTESTED)}
    assert why


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_requests": 1}, "the run stopped at 1 requests, as --max-requests says"),
        ({"max_requests": 2}, "the run stopped at 2 requests, as --max-requests says"),
        ({"time_limit": 1e-6}, "the run stopped after 1e-06 s, as --time-limit says"),
        (
            {"max_requests": 100, "writes": Writes.SANDBOX, "sandbox_requests": ("Campaign A",)},
            "the run stopped at 70 requests, because 30 of the 100 requests that --max-requests allows are "
            "for putting the sandbox back",
        ),
    ],
)
def test_a_run_may_end_at_any_request_and_says_why(limits: dict[str, Any], reason: str) -> None:
    report = run_through(lambda _, answer: answer, Plan(**limits))
    assert (report.end_reason, broken(report)) == (reason, {})
    assert exit_code(report, strict=False) == 0
