"""Tests that worlds end when nobody uses them, and that there are not too many."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest
import requests

from workerkit.mockserver.http.headers import header_set_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.world_expiry import WorldExpiry
from workerkit.mockserver.worlds.worlds import DEFAULT, TooManyWorldsError, Worlds
from workerkit.openapi.spec.api import control_api

BUILDER = WorldBuilder(seed=1, with_tasks=False)
TTL, SECONDS = 100.0, 120


@pytest.fixture
def worlds() -> Worlds:
    """The worlds `default`, `w1` and `w2`."""
    worlds = Worlds()
    worlds.add(DEFAULT, BUILDER)
    for _ in range(2):
        worlds.add(worlds.new_name(), BUILDER)
    return worlds


def send_request(worlds: Worlds) -> None:
    headers = header_set_of((("x-api-key", "server-01-key-w1"),))
    WorkerApp(worlds).answer(Request("GET", "/api/v1/worker/tasks", "", headers, b"", False))


def call_control_plane(worlds: Worlds) -> None:
    worlds.use("w1")


def reset(worlds: Worlds) -> None:
    worlds.reset("w1")


def test_a_world_that_nobody_uses_is_removed_and_the_default_world_stays(worlds: Worlds) -> None:
    lines: list[str] = []
    expiry = WorldExpiry(worlds, TTL, lines.append)
    for now in (1000.0, 1000.0 + TTL - 1):
        expiry.check(now)
        assert worlds.names() == (DEFAULT, "w1", "w2")
    expiry.check(1000.0 + TTL)
    assert worlds.names() == (DEFAULT,)
    assert [line.split(",")[0] for line in lines] == ["the world w1 was removed", "the world w2 was removed"]
    assert "100s" in lines[0]
    assert "--world-ttl" in lines[0]


@pytest.mark.parametrize("use", [send_request, call_control_plane, reset])
def test_a_world_that_somebody_uses_stays(worlds: Worlds, use: Callable[[Worlds], None]) -> None:
    expiry = WorldExpiry(worlds, TTL, lambda line: None)
    for check in range(1, 6):
        expiry.check(check * TTL)
        use(worlds)
    assert worlds.names() == (DEFAULT, "w1")


def test_a_world_of_an_earlier_name_does_not_shorten_the_time_of_a_new_one(worlds: Worlds) -> None:
    expiry = WorldExpiry(worlds, TTL, lambda line: None)
    expiry.check(0.0)
    worlds.remove("w1")
    worlds.add("w1", BUILDER)
    expiry.check(TTL)
    assert worlds.names() == (DEFAULT, "w1")


def test_there_are_no_more_worlds_than_allowed() -> None:
    worlds = Worlds(2)
    for name in ("a", "b"):
        worlds.add(name, BUILDER)
    with pytest.raises(TooManyWorldsError, match="has 2 worlds"):
        worlds.add("c", BUILDER)
    worlds.reset("a")
    worlds.remove("a")
    assert worlds.add("c", BUILDER).world.name == "c"


def test_a_running_mock_refuses_one_world_too_many_and_removes_unused_ones(http: requests.Session) -> None:
    worlds, lines = Worlds(2), queue.Queue[str]()
    worlds.add(DEFAULT, BUILDER)
    with WorldServer(worlds, expiry=WorldExpiry(worlds, 1.0, lines.put)) as mock:
        url = f"{mock.control_url}/worlds"
        answers = [http.post(url, json={}, timeout=SECONDS) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 507]
        assert answers[1].json()["error"] == "no_room"
        assert "has 2 worlds" in answers[1].json()["message"]
        assert "--most-worlds" in answers[1].json()["message"]
        create_world = control_api().operations["createWorld"]
        assert create_world.answer_flaw(507, answers[1].json()) is None
        assert lines.get(timeout=SECONDS).startswith("the world w1 was removed")
        assert http.post(url, json={}, timeout=SECONDS).status_code == 201
