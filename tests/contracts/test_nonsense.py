"""Servers that answer nonsense: the run ends with a report of broken rules, and never with a stack trace."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.contracts.fake_clock import FakeClock
from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.openapi.formats.strict_json import parse, render

ACCOUNT = "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c"
TASK = {"id": "x", "status": "pending", "request_id": "y"}
ANSWERS: list[Any] = [
    {"data": None},
    {"data": [None, 1, {}], "total": 3},
    {"data": [], "total": 7, "next_cursor": "x"},
    {"data": [TASK] * 9, "total": 9, "limit": "x", "page": None, "next_cursor": "x"},
    {"data": {"link_id": 1, "server_name": [], "created": {}}, "results": 5, "total": "x"},
    {"data": [{**TASK, "id": {"a": 1}}], "total": 1},
    {"data": [{**TASK, "status": "no such"}], "results": [None, {}], "total": 1, "created": "many"},
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("status", [200, 500])
def test_a_run_has_a_verdict_for_any_answer(scripted: Any, status: int, answer: Any) -> None:
    scripted.status, scripted.body = status, render(answer)
    report = conform(Target(scripted.base_url, "a", "b", "c", ACCOUNT), Plan(max_requests=200))
    assert report.verdict == "fail"


def test_a_server_that_answers_500_to_everything_is_tested(scripted: Any) -> None:
    scripted.status = 500
    assert conform(Target(scripted.base_url, "the-key"), Plan(max_requests=40)).verdict == "fail"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 5000, b"null", b'{"a": NaN}', b""])
def test_a_malformed_body_breaks_a_rule(scripted: Any, body: bytes) -> None:
    scripted.status, scripted.body = 500, body
    report = conform(Target(scripted.base_url, "a", "b", "c", ACCOUNT), Plan(max_requests=150))
    assert report.verdict == "fail"


def test_a_server_that_stops_answering_ends_the_run(scripted: Any) -> None:
    scripted.body = render({"data": [TASK], "total": 1})

    def stop_answering(exchange: Any) -> None:
        if exchange.number == 100:
            scripted.status = 0

    clock = FakeClock().run_clock()
    report = conform(Target(scripted.base_url, "the-key"), watcher=stop_answering, clock=clock)
    assert "did not answer 13 times in a row" in report.end_reason
    assert report.requests <= 115


JUNK: list[Any] = [None, True, -1, 1e300, "", "x", "pending", [], [None], {}, {"a": 1}]


def garbled(value: Any, chance: Random) -> Any:
    """Changes one place in a JSON value, at any depth: removes it, repeats it or replaces it."""
    if not isinstance(value, dict | list) or not value:
        return chance.choice(JUNK)
    place: Any = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    action = chance.random()
    if action < 0.6:
        value[place] = garbled(value[place], chance)
    elif action < 0.9 or isinstance(value, dict):
        del value[place]
    else:
        value.append(value[place])
    return value


@pytest.mark.parametrize("seed", [1, 2])
def test_garbled_answers_break_rules_and_not_the_kit(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = Random(seed)

    def garbling(handler: Callable[..., Any]) -> Callable[..., Any]:
        def handle(*call: Any) -> Any:
            answer = handler(*call)
            return garbled(parse(render(answer)), chance) if chance.random() < 0.3 else answer

        return handle

    for operation, handler in list(HANDLERS.items()):
        monkeypatch.setitem(HANDLERS, operation, garbling(handler))
    with own_mock(seed) as target:
        assert conform(target, Plan(max_requests=300)).verdict == "fail"


def test_the_error_for_a_failed_run_can_be_pickled() -> None:
    with own_mock(1) as target:
        report: Report = conform(target, Plan(max_requests=20))
    copy = pickle.loads(pickle.dumps(RunFailedError("the kit failed", report)))
    assert (str(copy), copy.report) == ("the kit failed", report)
