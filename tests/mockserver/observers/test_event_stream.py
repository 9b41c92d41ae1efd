"""What readers of events hear, and that no reader holds up the mock."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.observers.event_stream import Events, Reader
from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.library import library

Json = dict[str, Any]
Call = Callable[..., requests.Response]
Control = Callable[..., requests.Response]
AddTask = Callable[..., Task]
SECONDS = 120


class Listener:
    """A reader of events, as a test program would have one. Comments are left out."""

    def __init__(self, url: str, **parameters: str) -> None:
        where = urlsplit(url)
        # Not requests: its lines cost the square of their length when they are to come at once.
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=SECONDS)
        self._connection.request("GET", f"{where.path}?{urlencode(parameters)}")
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        assert self._answer.headers["Content-Type"].startswith("text/event-stream")
        assert self._answer.readline() == b": listening\n"

    def next(self, kind: str | None = None) -> tuple[str, Json]:
        """The next event, or the next of a kind: its kind and its data."""
        for found, data in self:
            if kind in (None, found):
                return found, data
        raise AssertionError("the stream has ended")

    def __iter__(self) -> Iterator[tuple[str, Json]]:
        kind = ""
        while line := self._answer.readline():
            name, _, text = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = text
            if name == "data":
                yield kind, json.loads(text)

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


@pytest.fixture
def listen(mock: MockServer) -> Iterator[Callable[..., Listener]]:
    """Opens streams of events, which end with the test."""
    opened: list[Listener] = []

    def open_stream(**parameters: str) -> Listener:
        opened.append(Listener(f"{mock.control_url}/events", **parameters))
        return opened[-1]

    yield open_stream
    for each in opened:
        each.close()


def readers_of(mock: MockServer) -> int:
    return mock.ask(lambda: len(mock._app.events))


def wait_until(holds: Callable[[], bool]) -> None:
    """Asks the server again and again, each time after it has done something else."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came true"


# What is told


def test_an_exchange_is_told_as_the_journal_shows_it(
    listen: Callable[..., Listener], call: Call, control: Control, world: World
) -> None:
    stream = listen()
    call("POST", "/logs", json={"logs": []})
    kind, event = stream.next()
    journal = control("GET", f"/worlds/{world.name}/journal").json()["exchanges"]
    assert kind == "exchange"
    assert event == {"world": world.name, **journal[0]}


def change_of(stream: Listener) -> tuple[Any, ...]:
    _, event = stream.next("change")
    return tuple(event[name] for name in ("kind", "id", "field", "was", "now", "by"))


def test_changes_that_workers_make_are_told(
    listen: Callable[..., Listener], call: Call, add_task: AddTask
) -> None:
    task, stream = add_task(), listen()
    call("PUT", f"/tasks/{task.id}", json={"status": "running"})
    assert change_of(stream) == ("task", task.id, "status", "pending", "running", "")
    call("PUT", f"/tasks/{task.id}", json={"status": "running", "note": "no change of the status"})
    call("POST", "/callback/link/complete", json={"link_id": task.id})
    assert change_of(stream) == ("task", task.id, "status", "running", "completed", "")
    request, account = task.request, task.account
    call("POST", "/callback/request/status", json={"request_id": request.id, "status": "completed"})
    assert change_of(stream) == ("request", request.id, "status", "running", "completed", "")
    call("POST", "/callback/account/status", json={"account_id": account.id, "status": "banned"})
    assert change_of(stream)[:3] == ("account", account.id, "status")


def test_changes_over_the_control_plane_are_told_with_who_made_them(
    listen: Callable[..., Listener], control: Control, world: World, add_task: AddTask
) -> None:
    task, stream = add_task(), listen()
    place, by = f"/worlds/{world.name}", "the control plane"
    control("PATCH", f"{place}/tasks/{task.id}", {"server": "server-02"})
    assert change_of(stream) == ("task", task.id, "server", "server-01", "server-02", by)
    control("PATCH", f"{place}/servers/server-01", {"status": "offline"})
    assert change_of(stream) == ("server", "server-01", "status", "online", "offline", by)
    control("PATCH", f"{place}/servers/server-01", {"revoked": True})
    assert change_of(stream) == ("server", "server-01", "revoked", False, True, by)
    control("PATCH", f"{place}/servers/server-01", {"api_key": "another-key"})
    kind, name, field, was, now, _ = change_of(stream)
    assert (kind, name, field) == ("server", "server-01", "api_key")
    assert [*was, *now] == [each for each in [*was, *now] if each.startswith("<key ")]
    control("POST", f"{place}/reset")
    assert change_of(stream)[:5] == ("world", world.name, "state", None, "reset")
    taken = control("GET", f"{place}/snapshot").json()
    control("PUT", f"{place}/snapshot", taken)
    assert change_of(stream)[:5] == ("world", world.name, "state", None, "restored")
    control("PATCH", f"{place}/servers/server-02", {"status": "offline"})
    assert change_of(stream)[:3] == ("server", "server-02", "status")


def test_what_a_scenario_does_is_told(mock: MockServer, listen: Callable[..., Listener]) -> None:
    builder = WorldBuilder(library.find("key-revoked"), seed=1)
    director = mock.ask(lambda: mock.worlds.add("story", builder))
    key = director.world.known_keys()[0]
    stream = listen(world="story")
    try:
        for _ in range(50):
            requests.get(f"{mock.base_url}/tasks", headers={"X-API-Key": key}, timeout=SECONDS)
        assert change_of(stream)[2:] == ("revoked", False, True, "the scenario")
    finally:
        mock.ask(lambda: mock.worlds.remove("story"))


def test_a_reader_hears_of_its_world_only(
    listen: Callable[..., Listener], control: Control, world: World
) -> None:
    other = control("POST", "/worlds", {}).json()["world"]
    stream = listen(world=world.name)
    control("PATCH", f"/worlds/{other}/servers/server-02", {"status": "offline"})
    control("PATCH", f"/worlds/{world.name}/servers/server-03", {"status": "online"})
    assert stream.next()[1]["world"] == world.name


def test_a_world_that_there_is_not_is_refused(mock: MockServer, http: requests.Session, world: World) -> None:
    answer = http.get(f"{mock.control_url}/events?world=nowhere", timeout=SECONDS)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


# Who reads


def test_readers_who_left_are_forgotten_and_then_nobody_listens(
    mock: MockServer, listen: Callable[..., Listener], world: World
) -> None:
    before = readers_of(mock)
    one, other = listen(), listen(world=world.name)
    assert readers_of(mock) == before + 2
    assert world.listener is not None
    one.close()
    other.close()
    wait_until(lambda: readers_of(mock) == before)
    assert before == 0
    assert world.listener is None


def test_a_reader_who_takes_nothing_holds_up_nobody(
    mock: MockServer, call: Call, control: Control, world: World
) -> None:
    """Its connection is full after some hundred kilobytes; the mock then keeps a bounded rest for it."""
    before = readers_of(mock)
    with socket.socket() as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        dead.connect((mock.host, mock.port))
        dead.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: readers_of(mock) == before + 1)
        body = {"logs": [{"level": "INFO", "message": "x" * 200_000}]}
        for _ in range(60):
            assert call("POST", "/logs", json=body).status_code == 200
        kept = mock.ask(lambda: [reader.waiting_bytes for reader in mock._app.events._readers])
        assert max(kept) <= 4 * 2**20
        dead.settimeout(SECONDS)
        seen = b""
        while b"event: dropped" not in seen:
            part = dead.recv(1 << 16)
            assert part
            seen = seen[-20:] + part
    wait_until(lambda: readers_of(mock) == before)


def test_streams_end_when_the_mock_stops_even_those_that_nobody_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 10 * SECONDS)
    worlds = Worlds()
    worlds.add("w1", WorldBuilder(seed=1, tasks=False))
    mock = MockServer(worlds)
    ended = threading.Event()
    with mock:
        stream = Listener(f"{mock.control_url}/events")
        dead = socket.create_connection((mock.host, mock.port))
        dead.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: readers_of(mock) == 2)
        key = worlds.world("w1").known_keys()[0]
        body = {"logs": [{"level": "INFO", "message": "x" * 1_000_000}]}

        def read_to_the_end() -> None:
            list(stream)
            ended.set()

        reading = threading.Thread(target=read_to_the_end)
        reading.start()
        for _ in range(8):
            requests.post(f"{mock.base_url}/logs", json=body, headers={"X-API-Key": key}, timeout=SECONDS)
        began = time.monotonic()
    assert time.monotonic() - began < SECONDS
    assert ended.wait(SECONDS)
    reading.join()
    stream.close()
    dead.close()


# The queue of one reader


def events_in(chunks: list[bytes]) -> list[str]:
    return [chunk.decode() for chunk in chunks if not chunk.startswith(b":")]


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.sampled_from([20, 800_000, 5_000_000]), max_size=9), many=st.integers(0, 1500))
def test_the_newest_are_kept_and_all_others_are_counted(sizes: list[int], many: int) -> None:
    async def read() -> tuple[list[bytes], list[bytes]]:
        reader = Reader(None)
        sent = [b"%07d" % n + b"." * size for n, size in enumerate([*sizes, *[20] * many])]
        for event in sent:
            reader.put(event)
        taken = []
        async for chunk in reader.stream():
            taken.append(chunk)
            if not (reader.waiting_bytes or (sent and chunk == b": listening\n\n")):
                reader.end()
        return sent, taken[1:]

    async def bounded() -> tuple[list[bytes], list[bytes]]:
        async with asyncio.timeout(SECONDS):
            return await read()

    sent, taken = asyncio.run(bounded())
    if taken and taken[0].startswith(b"event: dropped"):
        dropped = json.loads(taken[0].split(b"data: ")[1])["dropped"]
        taken = taken[1:]
    else:
        dropped = 0
    assert taken == sent[dropped:]
    assert len(taken) <= 1000
    assert sum(map(len, taken)) <= 4 * 2**20


def test_nothing_is_told_after_the_end() -> None:
    async def read() -> list[bytes]:
        events = Events(Worlds())
        events.close()
        reader = Reader(None)
        events.add(reader)
        reader.put(b"late")
        return [chunk async for chunk in reader.stream()]

    assert events_in(asyncio.run(read())) == []
