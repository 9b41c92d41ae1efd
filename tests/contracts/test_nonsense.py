"""Servers that answer nonsense: the run ends in a report that blames them, never in a stack trace."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

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
    {},
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
def test_whatever_is_answered_the_run_ends_in_a_verdict(scripted: Any, status: int, answer: Any) -> None:
    scripted.status, scripted.body = status, render(answer)
    report = conform(Target(scripted.base_url, "a", "b", "c", ACCOUNT), Plan(max_requests=200))
    assert report.verdict == "fail"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 5000, b"null", b'{"a": NaN}', b""])
def test_a_broken_body_is_blamed(scripted: Any, body: bytes) -> None:
    scripted.status, scripted.body = 500, body
    report = conform(Target(scripted.base_url, "a", "b", "c", ACCOUNT), Plan(max_requests=150))
    assert report.verdict == "fail"


def test_a_server_that_dies_in_mid_run_ends_it(scripted: Any) -> None:
    scripted.body = render({"data": [TASK], "total": 1})

    def die(exchange: Any) -> None:
        if exchange.number == 100:
            scripted.status = 0

    report = conform(Target(scripted.base_url, "the-key"), watcher=die)
    assert "no answer 3 times in a row" in report.ended
    assert report.requests <= 105


JUNK: list[Any] = [None, True, -1, 1e300, "", "x", "pending", [], [None], {}, {"a": 1}]


def garbled(value: Any, chance: Random) -> Any:
    """The value with one place in it, however deep, left out, doubled or taken by something else."""
    if not isinstance(value, dict | list) or not value:
        return chance.choice(JUNK)
    place: Any = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    deed = chance.random()
    if deed < 0.6:
        value[place] = garbled(value[place], chance)
    elif deed < 0.9 or isinstance(value, dict):
        del value[place]
    else:
        value.append(value[place])
    return value


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_garbled_now_and_then_are_no_failure_of_the_kit(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)

    def garbling(sound: Callable[..., Any]) -> Callable[..., Any]:
        def act(*call: Any) -> Any:
            answer = sound(*call)
            return garbled(parse(render(answer)), chance) if chance.random() < 0.3 else answer

        return act

    for operation, sound in list(HANDLERS.items()):
        monkeypatch.setitem(HANDLERS, operation, garbling(sound))
    with own_mock(seed) as target:
        assert conform(target, Plan(max_requests=300)).verdict == "fail"


def test_a_failure_of_the_kit_comes_whole_out_of_another_process() -> None:
    with own_mock(1) as target:
        report: Report = conform(target, Plan(max_requests=20))
    again = pickle.loads(pickle.dumps(RunFailedError("the kit failed", report)))
    assert (str(again), again.report) == ("the kit failed", report)
