"""Servers that answer nonsense: the run ends in a report that blames them, never in a stack trace."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.conformance import conform
from workerkit.contracts.plan import Plan
from workerkit.contracts.target import Target
from workerkit.openapi.jsontext import render

TASK = {"id": "x", "status": "pending", "request_id": "y"}
ANSWERS: list[Any] = [
    {},
    {"data": None},
    {"data": [None, 1, {}], "total": 3},
    {"data": [], "total": 7, "next_cursor": "x"},
    {"data": [TASK] * 9, "total": 9, "limit": "x", "page": None, "next_cursor": "x"},
    {"data": {"link_id": 1, "server_name": [], "created": {}}, "results": 5, "total": "x"},
    {"data": [{**TASK, "status": "no such"}], "results": [None, {}], "total": 1, "created": "many"},
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("status", [200, 500])
def test_whatever_is_answered_the_run_ends_in_a_verdict(scripted: Any, status: int, answer: Any) -> None:
    scripted.status, scripted.body = status, render(answer)
    report = conform(Target(scripted.base_url, "a", "b", "c", "d"), Plan(max_requests=200))
    assert report.verdict == "fail"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 5000, b"null", b'{"a": NaN}', b""])
def test_a_broken_body_is_blamed(scripted: Any, body: bytes) -> None:
    scripted.status, scripted.body = 500, body
    report = conform(Target(scripted.base_url, "a", "b", "c", "d"), Plan(max_requests=150))
    assert report.verdict == "fail"


def test_a_server_that_dies_in_mid_run_ends_it(scripted: Any) -> None:
    scripted.body = render({"data": [TASK], "total": 1})

    def die(exchange: Any) -> None:
        if exchange.number == 100:
            scripted.status = 0

    report = conform(Target(scripted.base_url, "the-key"), watcher=die)
    assert "no answer 3 times in a row" in report.ended
    assert report.requests <= 105
