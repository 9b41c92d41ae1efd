"""The first requests of a run: what ends it before the tests, and with which message."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.contracts.conformance import conform
from workerkit.contracts.run.preflight import (
    CannotTestError,
    KeyRefusedError,
    NotThisApiError,
    TargetUnreachableError,
)
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target

MakeTarget = Callable[..., Target]


def test_a_target_that_is_down_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1/worker"
        with pytest.raises(TargetUnreachableError, match="got no answer"):
            conform(Target(url, "the-key"))


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "message"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>", NotThisApiError, "text/html"),
        (404, {}, b'{"message": "no route"}', NotThisApiError, "404"),
        (
            301,
            {"Location": "https://example.com/"},
            b"",
            NotThisApiError,
            "redirects to https://example.com/",
        ),
        (302, {"Location": "/login?api_key=the-key"}, b"", NotThisApiError, "redirects to /login"),
        (
            503,
            {"Content-Type": "text/html"},
            b"<html>",
            CannotTestError,
            "503: the API or its proxy is down",
        ),
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
