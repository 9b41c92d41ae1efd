"""Tests requests with the method HEAD."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.published import published_spec

Call = Callable[..., requests.Response]
Raw = Callable[..., bytes]


@pytest.mark.parametrize(
    ("query", "more"),
    [("?limit=5", {}), ("?limit=1001", {}), ("", {"key": "unknown-key"}), ("?page=x", {})],
)
def test_head_gets_the_answer_of_get_without_the_body(
    call: Call, world: World, add_task: Callable[..., Task], query: str, more: dict[str, str]
) -> None:
    for _ in range(8):
        add_task()
    get, head = (call(method, f"/tasks{query}", **more) for method in ("GET", "HEAD"))
    assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert int(head.headers["Content-Length"]) == len(get.content)
    assert head.content == b""
    exchange = list(world.journal)[-1]
    assert (exchange.method, exchange.operation, exchange.answer_body) == ("HEAD", None, b"")


def test_a_connection_can_be_used_again_after_head(raw: Raw, key: str) -> None:
    head = f"HEAD /api/v1/worker/tasks HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
    answers = raw(f"{head}\r\n{head}Connection: close\r\n\r\n".encode())
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == answers.count(b"\r\n\r\n") == 2
    assert answers.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("kind", ["status", "truncated-json", "dribble", "wrong-content-type", "lost-answer"])
def test_a_fault_sends_no_body_to_head(
    raw: Raw, mock: WorldServer, world: World, key: str, kind: str
) -> None:
    parameters = {"over": "1ms"} if kind == "dribble" else {"by": "close"} if kind == "lost-answer" else {}
    mock.run_in_server_thread(lambda: add_described_fault(world, {"fault": kind, **parameters}))
    head = f"HEAD /api/v1/worker/tasks HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
    answer = raw(head.encode())
    assert answer.partition(b"\r\n\r\n")[2] == b""
    assert (answer == b"") == (kind == "lost-answer")


def test_the_published_spec_has_head_with_the_parameters_of_get() -> None:
    item = published_spec(Dialect())["paths"]["/tasks"]
    get, head = item["get"], item["head"]
    assert head["parameters"] == get["parameters"]
    assert head["responses"].keys() == get["responses"].keys()
    assert all(response.keys() == {"description"} for response in head["responses"].values())
