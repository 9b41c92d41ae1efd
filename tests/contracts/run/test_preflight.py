"""The first requests of a run: what ends it before the tests, and with which message."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.fake_clock import FakeClock
from tests.contracts.raw_server import listening, read_request
from workerkit.contracts.conformance import conform
from workerkit.contracts.run.preflight import (
    CannotTestError,
    KeyRefusedError,
    NotThisApiError,
    TargetUnreachableError,
)
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange

MakeTarget = Callable[..., Target]


def test_a_target_that_is_down_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1/worker"
        with pytest.raises(TargetUnreachableError, match="got no answer"):
            conform(Target(url, "the-key"))


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (200, {"Content-Type": "application/json"}, b"{}", "200 with application/json"),
        (200, {"Content-Type": "text/html"}, b"<html>", "200 with text/html"),
        (200, {}, b'{"data": "<p>", "args": {}, "json": null}', "200 with no content type"),
        (404, {}, b'{"message": "no route"}', "404"),
        (301, {"Location": "https://example.com/"}, b"", "redirects to https://example.com/"),
        (302, {"Location": "/login?api_key=the-key"}, b"", "redirects to /login"),
    ],
)
def test_another_api_is_recognised_after_ten_answers(
    scripted: Any, status: int, headers: dict[str, str], body: bytes, message: str
) -> None:
    scripted.status, scripted.headers, scripted.body = status, headers, body
    with pytest.raises(NotThisApiError, match=message) as caught:
        conform(Target(scripted.base_url, "the-key"))
    assert len(scripted.received) == 10
    assert [key for _, _, key in scripted.received] == ["the-key", *[None] * 9]
    assert "the-key" not in str(caught.value)


def test_a_server_that_repeats_the_request_is_another_api() -> None:
    def repeat(connection: socket.socket) -> None:
        body = read_request(connection).partition(b"\r\n\r\n")[2] or b"{}"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with listening(repeat) as port, pytest.raises(NotThisApiError):
        conform(Target(f"http://127.0.0.1:{port}/api/v1/worker", "the-key"))


@pytest.mark.parametrize("first_good", [2, 7, 10])
def test_a_server_with_one_field_or_one_401_in_ten_answers_is_tested(scripted: Any, first_good: int) -> None:
    scripted.body = b"{}"

    def improve(exchange: Exchange) -> None:
        if exchange.number == first_good - 1:
            scripted.status, scripted.body = (401, b"") if first_good == 7 else (200, b'{"created": "x"}')

    report = conform(Target(scripted.base_url, "the-key"), Plan(max_requests=40), watcher=improve)
    assert report.requests == 40
    assert report.verdict == "fail"


@pytest.mark.parametrize(("status", "requests"), [(502, 3), (503, 3), (504, 3)])
def test_a_proxy_without_a_server_ends_the_run_after_three_requests(
    scripted: Any, status: int, requests: int
) -> None:
    scripted.status, scripted.body = status, b"<html>"
    with pytest.raises(CannotTestError, match=f"{status}: the API or its proxy is down"):
        conform(Target(scripted.base_url, "the-key"), clock=FakeClock().run_clock())
    assert len(scripted.received) == requests


def test_a_proxy_that_has_trouble_only_once_does_not_end_the_run(scripted: Any) -> None:
    scripted.status, scripted.body = 502, b'{"data": []}'
    clock = FakeClock()
    clock.after_wait = lambda: setattr(scripted, "status", 200)
    report = conform(Target(scripted.base_url, "the-key"), Plan(max_requests=5), clock=clock.run_clock())
    assert report.requests == 5
    assert "status 502: 1" in report.trouble


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "message"),
    [
        (
            401,
            {},
            b"{}",
            KeyRefusedError,
            "check --api-key or WORKERKIT_API_KEY, and that the server is online",
        ),
        (429, {"Retry-After": "3600"}, b"{}", CannotTestError, "--rate"),
    ],
)
def test_a_target_that_is_not_usable_ends_the_run_after_one_request(
    scripted: Any,
    status: int,
    headers: dict[str, str],
    body: bytes,
    error: type[CannotTestError],
    message: str,
) -> None:
    scripted.status, scripted.headers, scripted.body = status, headers, body
    with pytest.raises(error, match=message) as caught:
        conform(Target(scripted.base_url, "the-key"))
    assert len(scripted.received) == 1
    assert "the-key" not in str(caught.value)


def test_the_error_about_a_refused_key_names_its_option(mock_target: MakeTarget) -> None:
    target = replace(mock_target(), other_api_key="a-key-that-nobody-has")
    with pytest.raises(KeyRefusedError, match="check --other-api-key or WORKERKIT_OTHER_API_KEY") as caught:
        conform(target)
    assert "a-key-that-nobody-has" not in str(caught.value)


def test_a_second_key_of_the_same_server_is_left_out(
    mock_target: MakeTarget,
) -> None:
    target, messages = replace(mock_target(), other_api_key="your-server-key"), list[str]()
    report = conform(target, Plan(writes=Writes.NONE, max_requests=60), say=messages.append)
    assert messages == ["--other-api-key is not used: it is another key of the same server, server-01."]
    assert report.verdict == "pass"
    why = {rule.id: rule.why for rule in report.rules}
    assert why["update-own-only"] == "needs --writes sandbox or all, and --other-api-key"
    assert "your-server-key" not in json.dumps(report.as_json())
