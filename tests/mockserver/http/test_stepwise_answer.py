"""Tests answers that are made in short steps, with real connections."""

from __future__ import annotations

import gc
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests

from workerkit.mockserver.control import control_calls
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.snapshot import director_from_snapshot_in_steps, snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder

Call = Callable[..., requests.Response]
SECONDS = 120
# Without steps, the mock needs a tenth of a second for the journal and for the snapshot.
LONGEST_STEP = 0.05


@contextmanager
def longest_step(mock: WorldServer) -> Iterator[list[float]]:
    """Measures the thread of the mock during the `with` block. The garbage collector does not run.

    After the block, the list has the longest CPU time in seconds between two rounds of the event loop. Other
    processes do not change this time.
    """
    longest, stop, loop = [0.0], threading.Event(), mock._server.loop

    def measure(before: float) -> None:
        now = time.thread_time()
        longest[0] = max(longest[0], now - before)
        if not stop.is_set():
            loop.call_soon(measure, now)

    gc.disable()
    mock.run_in_server_thread(lambda: measure(time.thread_time()))
    try:
        yield longest
    finally:
        gc.enable()
        stop.set()
        mock.run_in_server_thread(lambda: None)


@pytest.fixture
def full_world(mock: WorldServer, world: World, call: Call) -> World:
    """A world with 10,000 tasks and a journal of 3 MB."""

    def fill() -> None:
        for number in range(10_000):
            create_task(world, {"server": "server-01", "status": "pending", "note": f"note {number}"})

    mock.run_in_server_thread(fill)
    for _ in range(6):
        assert call("GET", "/tasks?limit=1000").status_code == 200
    return world


@pytest.mark.parametrize("path", ["journal", "snapshot", "tasks", ""])
def test_a_long_answer_never_holds_the_event_loop(
    full_world: World, mock: WorldServer, control: Call, path: str
) -> None:
    with longest_step(mock) as longest:
        answer = control("GET", f"/worlds/{full_world.name}/{path}".rstrip("/"))
    assert answer.status_code == 200
    assert (
        answer.headers["Transfer-Encoding"] == "chunked"
    )  # its first bytes were sent before it was complete
    assert longest[0] < LONGEST_STEP


def test_a_long_verification_never_holds_the_event_loop(
    mock: WorldServer, world: World, call: Call, control: Call
) -> None:
    entry = {"level": "INFO", "message": "x" * 50}
    for _ in range(40):
        assert call("POST", "/logs", json={"logs": [entry] * 500}).status_code == 200
    search = {"operation": "sendLogs", "body": {"logs": [{"message": "y"}]}}
    with longest_step(mock) as longest:
        answer = control("POST", f"/worlds/{world.name}/verify", json=search)
    assert answer.json()["count"] == 0
    assert longest[0] < LONGEST_STEP


def test_a_large_world_is_made_and_made_again_without_holding_the_event_loop(
    mock: WorldServer, control: Call
) -> None:
    servers = [{"name": "server-01", "status": "online"}]
    plan = {"servers": servers, "tasks": [{"server": "server-01", "count": 15_000}]}
    with longest_step(mock) as longest:
        made = control("POST", "/worlds", json={"world": plan}).json()["world"]
        assert control("POST", f"/worlds/{made}/reset").status_code == 200
    assert len(control("GET", f"/worlds/{made}/tasks").json()["tasks"]) == 15_000
    assert longest[0] < LONGEST_STEP


def test_many_tasks_are_added_without_holding_the_event_loop(
    mock: WorldServer, world: World, control: Call
) -> None:
    tasks = {"server": "server-01", "count": 10_000}
    with longest_step(mock) as longest:
        answer = control("POST", f"/worlds/{world.name}/tasks", json=tasks)
    assert answer.status_code == 201
    assert len({task["id"] for task in answer.json()["tasks"]}) == 10_000
    assert longest[0] < LONGEST_STEP


def test_the_entities_of_a_snapshot_are_restored_in_steps(full_world: World, mock: WorldServer) -> None:
    snapshot = mock.run_in_server_thread(lambda: snapshot_of(mock.worlds.director(full_world.name)))
    steps = director_from_snapshot_in_steps(mock.worlds.director(full_world.name), snapshot)
    longest, before = 0.0, time.thread_time()
    gc.disable()
    try:
        for _ in steps:
            longest, before = max(longest, time.thread_time() - before), time.thread_time()
    finally:
        gc.enable()
    assert longest < LONGEST_STEP  # without steps, more than a tenth of a second


def test_many_worlds_do_not_slow_down_an_unknown_path(mock: WorldServer, world: World, control: Call) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            mock.worlds.add(mock.worlds.new_name(), WorldBuilder(with_tasks=False))

    worlds = len(control("GET", "/worlds").json()["worlds"])
    mock.run_in_server_thread(lambda: add(300))
    before = mock.run_in_server_thread(time.thread_time)
    with longest_step(mock) as longest:
        response = requests.get(f"{mock.control_url}/{world.servers['server-01'].keys[0]}", timeout=SECONDS)
    assert response.status_code == 404
    assert "<key " in response.json()["message"]
    assert longest[0] < LONGEST_STEP
    assert mock.run_in_server_thread(time.thread_time) - before < 0.6  # a pattern for each world takes 2 s
    assert len(control("GET", "/worlds").json()["worlds"]) == worlds + 300


def test_a_client_that_leaves_ends_the_work(
    mock: WorldServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def endless() -> Iterator[Any]:
        try:
            while True:
                yield {"text": "x" * 1000}
        finally:
            ended.set()

    monkeypatch.setitem(control_calls.CONTROL_CALLS, "getLogs", lambda request: (200, {"logs": endless()}))
    with socket.create_connection((mock.host, mock.port), timeout=SECONDS) as client:
        client.sendall(f"GET /_mock/worlds/{world.name}/logs HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert ended.wait(SECONDS)


@pytest.mark.parametrize("version", [10, 11])
def test_each_version_of_http_gets_the_complete_answer(
    full_world: World, mock: WorldServer, version: int
) -> None:
    with closing(http.client.HTTPConnection(mock.host, mock.port, timeout=SECONDS)) as connection:
        connection._http_vsn, connection._http_vsn_str = version, f"HTTP/1.{version - 10}"  # type: ignore[attr-defined]
        connection.request("GET", f"/_mock/worlds/{full_world.name}/tasks", headers={"Host": "localhost"})
        answer = connection.getresponse()
        assert answer.getheader("content-type") == "application/json"
        assert (answer.getheader("content-length") is None) == (version == 11)
        assert answer.read().count(b"site_name") == 10_000
