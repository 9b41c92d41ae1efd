"""Tests the event streams: which events a reader gets, and that a slow reader does not delay the mock."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.observers.event_stream import EventPublisher, EventReader, TimeAllowance
from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import WorldServer
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


class EventClient:
    """Reads a stream of events over HTTP. Comments are skipped."""

    def __init__(self, url: str, **parameters: str) -> None:
        parts = urlsplit(url)
        # Not `requests`: to read a long line at once, it needs time that grows with the square of the length.
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        self._connection.request("GET", f"{parts.path}?{urlencode(parameters)}")
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        assert self._answer.headers["Content-Type"].startswith("text/event-stream")
        assert self._answer.readline() == b": listening\n"

    def next(self, kind: str | None = None) -> tuple[str, Json]:
        """Returns the kind and the data of the next event of this kind. None: of any kind."""
        for next_kind, data in self:
            if kind in (None, next_kind):
                return next_kind, data
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


@pytest.fixture(autouse=True)
def time_for_all_events(monkeypatch: pytest.MonkeyPatch, mock: WorldServer) -> None:
    """On a busy machine, the mock has no time for some events. Tests that want this say so."""
    wait_until(lambda: not mock._app.events._is_pausing)
    monkeypatch.setattr(mock._app.events, "_allowance", TimeAllowance(1.0, SECONDS))


@pytest.fixture
def listen(mock: WorldServer) -> Iterator[Callable[..., EventClient]]:
    """Opens event streams. They are closed after the test."""
    clients: list[EventClient] = []

    def open_stream(**parameters: str) -> EventClient:
        clients.append(EventClient(f"{mock.control_url}/events", **parameters))
        return clients[-1]

    yield open_stream
    for client in clients:
        client.close()


def reader_count(mock: WorldServer) -> int:
    return mock.run_in_server_thread(lambda: len(mock._app.events._readers))


def wait_until(holds: Callable[[], bool]) -> None:
    """Waits until `holds` returns True. It has to ask the server thread, so that the server can go on."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "the condition did not become true in time"


# Events


def test_an_exchange_is_sent_as_in_the_journal(
    listen: Callable[..., EventClient], call: Call, control: Control, world: World
) -> None:
    stream = listen()
    call("POST", "/logs", json={"logs": []})
    kind, event = stream.next()
    journal = control("GET", f"/worlds/{world.name}/journal").json()["exchanges"]
    assert kind == "exchange"
    assert event == {"world": world.name, **journal[0]}


def next_change(stream: EventClient) -> tuple[Any, ...]:
    _, event = stream.next("change")
    return tuple(event[name] for name in ("kind", "id", "field", "was", "now", "by"))


def test_changes_by_workers_are_sent(
    listen: Callable[..., EventClient], call: Call, add_task: AddTask
) -> None:
    task, stream = add_task(), listen()
    call("PUT", f"/tasks/{task.id}", json={"status": "running"})
    assert next_change(stream) == ("task", task.id, "status", "pending", "running", "")
    call("PUT", f"/tasks/{task.id}", json={"status": "running", "note": "no change of the status"})
    call("POST", "/callback/link/complete", json={"link_id": task.id})
    assert next_change(stream) == ("task", task.id, "status", "running", "completed", "")
    request, account = task.request, task.account
    call("POST", "/callback/request/status", json={"request_id": request.id, "status": "completed"})
    assert next_change(stream) == ("request", request.id, "status", "running", "completed", "")
    call("POST", "/callback/account/status", json={"account_id": account.id, "status": "banned"})
    assert next_change(stream)[:3] == ("account", account.id, "status")


def test_changes_by_the_control_plane_are_sent_with_their_author(
    listen: Callable[..., EventClient], control: Control, world: World, add_task: AddTask
) -> None:
    task, stream = add_task(), listen()
    path, by = f"/worlds/{world.name}", "the control plane"
    control("PATCH", f"{path}/tasks/{task.id}", {"server": "server-02"})
    assert next_change(stream) == ("task", task.id, "server", "server-01", "server-02", by)
    control("PATCH", f"{path}/servers/server-01", {"status": "offline"})
    assert next_change(stream) == ("server", "server-01", "status", "online", "offline", by)
    control("PATCH", f"{path}/servers/server-01", {"revoked": True})
    assert next_change(stream) == ("server", "server-01", "revoked", False, True, by)
    control("PATCH", f"{path}/servers/server-01", {"api_key": "another-key"})
    kind, name, field, was, now, _ = next_change(stream)
    assert (kind, name, field) == ("server", "server-01", "api_key")
    assert [*was, *now] == [key for key in [*was, *now] if key.startswith("<key ")]
    control("POST", f"{path}/reset")
    assert next_change(stream)[:5] == ("world", world.name, "state", None, "reset")
    snapshot = control("GET", f"{path}/snapshot").json()
    control("PUT", f"{path}/snapshot", snapshot)
    assert next_change(stream)[:5] == ("world", world.name, "state", None, "restored")
    control("PATCH", f"{path}/servers/server-02", {"status": "offline"})
    assert next_change(stream)[:3] == ("server", "server-02", "status")


def test_changes_by_a_scenario_are_sent(mock: WorldServer, listen: Callable[..., EventClient]) -> None:
    builder = WorldBuilder(library.find("key-revoked"), seed=1)
    director = mock.run_in_server_thread(lambda: mock.worlds.add("story", builder))
    key = director.world.key_ring.all_keys()[0]
    stream = listen(world="story")
    try:
        for _ in range(50):
            requests.get(f"{mock.base_url}/tasks", headers={"X-API-Key": key}, timeout=SECONDS)
        assert next_change(stream)[2:] == ("revoked", False, True, "the scenario")
    finally:
        mock.run_in_server_thread(lambda: mock.worlds.remove("story"))


def test_a_reader_gets_only_the_events_of_its_world(
    listen: Callable[..., EventClient], control: Control, world: World
) -> None:
    other = control("POST", "/worlds", {}).json()["world"]
    stream = listen(world=world.name)
    control("PATCH", f"/worlds/{other}/servers/server-02", {"status": "offline"})
    control("PATCH", f"/worlds/{world.name}/servers/server-03", {"status": "online"})
    assert stream.next()[1]["world"] == world.name


def test_an_unknown_world_is_404(mock: WorldServer, http: requests.Session, world: World) -> None:
    answer = http.get(f"{mock.control_url}/events?world=nowhere", timeout=SECONDS)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


# Readers


def test_closed_readers_are_removed_and_the_world_has_no_listener_then(
    mock: WorldServer, listen: Callable[..., EventClient], world: World
) -> None:
    before = reader_count(mock)
    first, second = listen(), listen(world=world.name)
    assert reader_count(mock) == before + 2
    assert world.change_log.listener is not None
    first.close()
    second.close()
    wait_until(lambda: reader_count(mock) == before)
    assert before == 0
    assert world.change_log.listener is None


def test_a_reader_that_reads_nothing_does_not_delay_the_mock(
    mock: WorldServer, call: Call, control: Control, world: World
) -> None:
    """The connection is full after some hundred kilobytes. Then the mock keeps a limited number of bytes."""
    before = reader_count(mock)
    with socket.socket() as silent_client:
        silent_client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent_client.connect((mock.host, mock.port))
        silent_client.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: reader_count(mock) == before + 1)
        body = {"logs": [{"level": "INFO", "message": "x" * 200_000}]}
        for _ in range(60):
            assert call("POST", "/logs", json=body).status_code == 200
        waiting = mock.run_in_server_thread(lambda: [reader._bytes for reader in mock._app.events._readers])
        assert max(waiting) <= 4 * 2**20
        silent_client.settimeout(SECONDS)
        received = b""
        while b"event: dropped" not in received:
            part = silent_client.recv(1 << 16)
            assert part
            received = received[-20:] + part
    wait_until(lambda: reader_count(mock) == before)


def test_all_streams_end_when_the_mock_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 10 * SECONDS)
    worlds = Worlds()
    worlds.add("w1", WorldBuilder(seed=1, with_tasks=False))
    mock = WorldServer(worlds)
    ended = threading.Event()
    with mock:
        stream = EventClient(f"{mock.control_url}/events")
        silent_client = socket.create_connection((mock.host, mock.port))
        silent_client.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: reader_count(mock) == 2)
        key = worlds.world("w1").key_ring.all_keys()[0]
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
    silent_client.close()


# The time for events


def test_events_take_only_their_share_of_the_time() -> None:
    now = 0.0
    allowance = TimeAllowance(0.1, 1.0, lambda: now)
    assert allowance.is_left()
    allowance.spend(1.5)
    now = 4.0
    assert not allowance.is_left()
    now = 6.0
    assert allowance.is_left()
    now = 1000.0
    assert allowance.is_left()
    allowance.spend(1.02)
    assert not allowance.is_left()
    now += allowance.seconds_to_wait() - 0.01
    assert not allowance.is_left()
    now += 0.02
    assert allowance.is_left()


def test_events_without_time_are_counted(
    monkeypatch: pytest.MonkeyPatch, mock: WorldServer, listen: Callable[..., EventClient], call: Call
) -> None:
    monkeypatch.setattr(mock._app.events, "_allowance", TimeAllowance(0.0, 0.0))
    stream = listen()
    for _ in range(3):
        call("POST", "/logs", json={"logs": []})
    dropped = 0
    while dropped < 3:
        dropped += stream.next("dropped")[1]["dropped"]
    assert dropped == 3


def test_few_events_are_made_while_many_requests_come(
    monkeypatch: pytest.MonkeyPatch, mock: WorldServer, listen: Callable[..., EventClient], call: Call
) -> None:
    """Then the events of 1 MB take at most the time that may be saved, and the time of one of them."""
    allowance = TimeAllowance(0.0, 0.05)
    monkeypatch.setattr(mock._app.events, "_allowance", allowance)
    stream = listen()
    body = {"logs": [{"level": "INFO", "message": f"{'word ' * 20_000}"}] * 10}
    made = 0
    while mock.run_in_server_thread(allowance.is_left):
        call("POST", "/logs", json=body)
        made += 1
        assert made < 100
    call("POST", "/logs", json={"logs": []})
    kinds = Counter(stream.next()[0] for _ in range(made + 1))
    assert kinds == {"exchange": made, "dropped": 1}


def test_events_that_come_together_are_sent_together() -> None:
    async def read() -> list[bytes]:
        reader = EventReader(None)
        stream = reader.stream()
        chunks = [await anext(stream)]
        for number in range(100):
            reader.put(b"%d," % number)
        return [*chunks, await anext(stream)]

    assert asyncio.run(read()) == [b": listening\n\n", b"".join(b"%d," % number for number in range(100))]


# The events that wait for one reader


def without_comments(chunks: list[bytes]) -> list[str]:
    return [chunk.decode() for chunk in chunks if not chunk.startswith(b":")]


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([20, 800_000, 5_000_000]), max_size=9), small_count=st.integers(0, 1500)
)
def test_the_newest_events_are_kept_and_the_others_counted(sizes: list[int], small_count: int) -> None:
    async def read() -> tuple[list[bytes], bytes]:
        reader = EventReader(None)
        sent = [b"%07d" % number + b"." * size for number, size in enumerate([*sizes, *[20] * small_count])]
        for event in sent:
            reader.put(event)
        received = []
        async for chunk in reader.stream():
            assert len(chunk) <= 2**16 + 5_000_000
            received.append(chunk)
            if not (reader._bytes or (sent and chunk == b": listening\n\n")):
                reader.end()
        return sent, b"".join(received[1:])

    async def read_with_timeout() -> tuple[list[bytes], bytes]:
        async with asyncio.timeout(SECONDS):
            return await read()

    sent, received = asyncio.run(read_with_timeout())
    dropped = 0
    if received.startswith(b"event: dropped"):
        head, received = received.split(b"\n\n", 1)
        dropped = json.loads(head.split(b"data: ")[1])["dropped"]
    assert received == b"".join(sent[dropped:])
    assert len(sent) - dropped <= 1000
    assert len(received) <= 4 * 2**20


def test_nothing_is_sent_after_the_end() -> None:
    async def read() -> list[bytes]:
        events = EventPublisher(Worlds())
        events.close()
        reader = EventReader(None)
        events.add(reader)
        reader.put(b"late")
        return [chunk async for chunk in reader.stream()]

    assert without_comments(asyncio.run(read())) == []
