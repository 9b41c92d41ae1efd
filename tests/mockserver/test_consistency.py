"""Every request is atomic, and a read sees every acknowledged write: histories of 32 clients say so."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world import operations
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.operation import Call

# So many tasks that a value outlives the requests under way: else no read contradicts a race.
CLIENTS, STEPS, TASKS = 32, 30, 64
STATUSES = "pending,queued,running,completed,failed,canceled"
UNWRITTEN = ""


@dataclass(frozen=True)
class Event:
    """What a client did to one task, from when to when: read a value, or wrote one that nobody else does."""

    task: str
    value: str
    began: float
    ended: float
    is_write: bool


@dataclass(frozen=True)
class Zone:
    """The time between the first end and the last beginning of all that touched one value.

    Where the first end comes first the value must hold all that time, and no other value may.
    """

    low: float
    high: float
    is_forward: bool


def flaw_of(history: list[Event]) -> str | None:
    """Why the history of one register cannot be put into one order, or None where it can (it is atomic).

    With values written once this is exact: no read before its write, no two forward zones that overlap, no
    backward zone within a forward one.
    """
    initial = Event(
        history[0].task if history else "", UNWRITTEN, float("-inf"), float("-inf"), is_write=True
    )
    clusters: dict[str, list[Event]] = {}
    for event in [initial, *history]:
        clusters.setdefault(event.value, []).append(event)
    for value, events in clusters.items():
        write = next((event for event in events if event.is_write), None)
        if write is None:
            return f"{value!r} was read and never written"
        if any(event.ended < write.began for event in events):
            return f"{value!r} was read before it was written"
    return _conflict([_zone(events) for events in clusters.values()])


def _zone(events: list[Event]) -> Zone:
    first_end, last_begin = min(event.ended for event in events), max(event.began for event in events)
    return Zone(min(first_end, last_begin), max(first_end, last_begin), is_forward=first_end < last_begin)


def _conflict(zones: list[Zone]) -> str | None:
    forward = sorted((zone for zone in zones if zone.is_forward), key=lambda zone: zone.low)
    if any(one.high > other.low for one, other in pairwise(forward)):
        return "a value came back after another one had taken its place"
    for zone in zones:
        if not zone.is_forward and any(each.low < zone.low and zone.high < each.high for each in forward):
            return "an acknowledged write was never seen, though the value before it was"
    return None


class Client:
    """One client with a connection of its own, who keeps a record of what it did."""

    def __init__(self, base_url: str, name: int, tasks: list[str]) -> None:
        where = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
        self._base, self._name, self._tasks = where.path, name, tasks
        self._chance = random.Random(name)
        self.history: list[Event] = []

    def run(self) -> list[Event]:
        acts: list[Callable[[str], None]] = [self._single, self._link, self._complete, self._bulk, self._read]
        for step in range(STEPS):
            self._chance.choice(acts)(f"{self._name}-{step}")
        self._read("")
        self._connection.close()
        return self.history

    def _single(self, value: str) -> None:
        task = self._chance.choice(self._tasks)
        self._write([task], value, "PUT", f"/tasks/{task}", {"status": "running", "link_profile": value})

    def _link(self, value: str) -> None:
        task = self._chance.choice(self._tasks)
        body = {"link_id": task, "status": "failed", "link_profile": value}
        self._write([task], value, "POST", "/callback/link/update", body)

    def _complete(self, value: str) -> None:
        task = self._chance.choice(self._tasks)
        body = {"link_id": task, "link_profile": value}
        self._write([task], value, "POST", "/callback/link/complete", body)

    def _bulk(self, value: str) -> None:
        chosen = self._chance.sample(self._tasks, 3)
        items = [{"link_id": task, "status": "queued", "link_profile": value} for task in chosen]
        self._write(chosen, value, "PUT", "/tasks/bulk", {"items": items})

    def _read(self, _: str) -> None:
        page, began, ended = self._send("GET", f"/tasks?status={STATUSES}", None)
        for task in page["data"]:
            self.history.append(Event(task["id"], task["link_profile"], began, ended, is_write=False))

    def _write(self, tasks: list[str], value: str, method: str, path: str, body: Any) -> None:
        _, began, ended = self._send(method, path, body)
        self.history += [Event(task, value, began, ended, is_write=True) for task in tasks]

    def _send(self, method: str, path: str, body: Any) -> tuple[Any, float, float]:
        data = None if body is None else json.dumps(body)
        began = time.monotonic()
        self._connection.request(method, self._base + path, data, {"X-API-Key": "server-01-key"})
        answer = self._connection.getresponse()
        value = json.loads(answer.read())
        ended = time.monotonic()
        assert answer.status == 200, value
        return value, began, ended


@pytest.fixture
def mock() -> Iterator[MockServer]:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1, tasks=False)).world
    for _ in range(TASKS):
        create_task(world, {"server": "server-01", "link_profile": UNWRITTEN})
    with MockServer(worlds) as mock:
        yield mock


def flaws(mock: MockServer) -> list[str]:
    tasks = list(mock.worlds.world(DEFAULT).tasks)
    clients = [Client(mock.base_url, name, tasks) for name in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        histories = [event for history in pool.map(Client.run, clients) for event in history]
    found = [flaw_of([event for event in histories if event.task == task]) for task in tasks]
    return [flaw for flaw in found if flaw is not None]


def test_the_histories_of_32_clients_are_linearizable_for_each_task(mock: MockServer) -> None:
    assert flaws(mock) == []


def test_a_planted_lost_update_is_found(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = operations.HANDLERS["updateTask"]

    def racy(world: World, server: Server, call: Call) -> Any:
        """Like a read, a write and a write back that another request came between."""
        before = world.task(call.parameters["id"]).link_profile
        answer = sound(world, server, call)
        world.change_task(world.task(call.parameters["id"]), {"link_profile": before})
        return answer

    monkeypatch.setitem(operations.HANDLERS, "updateTask", racy)
    assert flaws(mock)


def test_a_planted_stale_read_is_found(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, pages = operations.HANDLERS["listTasks"], list[Any]()

    def stale(world: World, server: Server, call: Call) -> Any:
        pages.append(sound(world, server, call))
        return pages[-20:][0]

    monkeypatch.setitem(operations.HANDLERS, "listTasks", stale)
    assert flaws(mock)


def test_links_that_many_complete_at_once_count_once(mock: MockServer) -> None:
    world = mock.worlds.world(DEFAULT)
    tasks = list(world.tasks)

    def complete_all(name: int) -> None:
        client = Client(mock.base_url, name, tasks)
        for task in tasks:
            client._send("POST", "/callback/link/complete", {"link_id": task})
        client._connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(complete_all, range(CLIENTS)))
    assert sum(request.created_links for request in world.requests.values()) == TASKS


def in_turn(values: list[tuple[str, bool]]) -> list[Event]:
    return [Event("t", value, at, at + 0.5, is_write) for at, (value, is_write) in enumerate(values)]


@given(st.lists(st.booleans(), max_size=30))
def test_the_checker_takes_every_history_of_one_client(writes: list[bool]) -> None:
    steps, last = [], UNWRITTEN
    for number, is_write in enumerate(writes):
        last = str(number) if is_write else last
        steps.append((last, is_write))
    assert flaw_of(in_turn(steps)) is None


@pytest.mark.parametrize(
    "steps",
    [
        [("a", True), (UNWRITTEN, False)],
        [("a", True), ("b", True), ("a", False)],
        [("a", False), ("a", True)],
        [("a", False)],
        [("a", True), ("a", False), ("b", True), ("b", False), ("a", False)],
    ],
)
def test_the_checker_refuses_what_no_order_explains(steps: list[tuple[str, bool]]) -> None:
    assert flaw_of(in_turn(steps)) is not None


def test_the_checker_takes_either_value_while_a_write_is_under_way() -> None:
    write = Event("t", "a", 0, 10, is_write=True)
    old, new = Event("t", UNWRITTEN, 1, 2, is_write=False), Event("t", "a", 3, 4, is_write=False)
    assert flaw_of([write, old, new]) is None
    assert flaw_of([write, Event("t", "a", 1, 2, is_write=False), Event("t", "", 3, 4, is_write=False)])
