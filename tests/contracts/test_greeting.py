from __future__ import annotations

import socket
from typing import Any

import pytest

from workerkit.contracts.conformance import conform
from workerkit.contracts.greeting import CannotTest, KeyRefused, NotThisApi, Unreachable
from workerkit.contracts.target import Target


def test_a_target_that_is_down_is_said_to_be_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1/worker"
        with pytest.raises(Unreachable, match="got no answer"):
            conform(Target(url, "the-key"))


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "words"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>", NotThisApi, "text/html"),
        (404, {}, b'{"message": "no route"}', NotThisApi, "404"),
        (301, {"Location": "https://example.com/"}, b"", NotThisApi, "redirects to https://example.com/"),
        (302, {"Location": "/login?api_key=the-key"}, b"", NotThisApi, "redirects to /login"),
        (503, {"Content-Type": "text/html"}, b"<html>", CannotTest, "503: the API, or what stands before"),
        (401, {}, b"{}", KeyRefused, "not valid"),
        (429, {"Retry-After": "3600"}, b"{}", CannotTest, "--rate"),
    ],
)
def test_what_is_not_the_api_is_refused_with_one_request(
    scripted: Any, status: int, headers: dict[str, str], body: bytes, error: type[CannotTest], words: str
) -> None:
    scripted.status, scripted.headers, scripted.body = status, headers, body
    with pytest.raises(error, match=words) as caught:
        conform(Target(scripted.base_url, "the-key"))
    assert len(scripted.seen) == 1
    assert "the-key" not in str(caught.value)
