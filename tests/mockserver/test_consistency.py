"""Every request is atomic, and each read sees all earlier writes.

The tests check this with the histories of 32 clients that work at the same time.
"""

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

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world import operations
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.operation import Call

# With few tasks, values are replaced so fast that no read could show a race.
CLIENTS, STEPS, TASKS = 32, 30, 64
STATUSES = "pending,queued,running,completed,failed,canceled"
UNWRITTEN = ""


@dataclass(frozen=True)
class Event:
    """A read or a write of a value by one client. Each value is written only once.

    began, ended: the times of the request in seconds.
    """

    task: str
    value: str
    began: float
    ended: float
    is_write: bool


@dataclass(frozen=True)
class Zone:
    """The time between the first end and the last begin of all events with one value.

    is_forward: whether the first end is before the last begin. If so, the task has the value all that time.
    """

    low: float
    high: float
    is_forward: bool


def find_flaw(history: list[Event]) -> str | None:
    """Checks whether the events of one task can be put into one order. Returns the problem, or None.

    Such an order exists exactly if no read is before its write, no two forward zones overlap, and no other
    zone is inside a forward zone. This is true because each value is written only once.
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
            return f"{value!r} was read but never written"
        if any(event.ended < write.began for event in events):
            return f"{value!r} was read before it was written"
    return _find_conflict([_zone(events) for events in clusters.values()])


def _zone(events: list[Event]) -> Zone:
    first_end, last_begin = min(event.ended for event in events), max(event.began for event in events)
    return Zone(min(first_end, last_begin), max(first_end, last_begin), is_forward=first_end < last_begin)


def _find_conflict(zones: list[Zone]) -> str | None:
    forward = sorted((zone for zone in zones if zone.is_forward), key=lambda zone: zone.low)
    if any(one.high > other.low for one, other in pairwise(forward)):
        return "a value came back after it was replaced"
    for zone in zones:
        if not zone.is_forward and any(other.low < zone.low and zone.high < other.high for other in forward):
            return "a read did not see an earlier write"
    return None


class Client:
    """A client with its own connection. It records its reads and writes."""

    def __init__(self, base_url: str, name: int, tasks: list[str]) -> None:
        url = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
        self._base, self._name, self._tasks = url.path, name, tasks
        self._random = random.Random(name)
        self.history: list[Event] = []

    def run(self) -> list[Event]:
        actions: list[Callable[[str], None]] = [
            self._single,
            self._link,
            self._complete,
            self._bulk,
            self._read,
        ]
        for step in range(STEPS):
            self._random.choice(actions)(f"{self._name}-{step}")
        self._read("")
        self._connection.close()
        return self.history

    def _single(self, value: str) -> None:
        task = self._random.choice(self._tasks)
        self._write([task], value, "PUT", f"/tasks/{task}", {"status": "running", "link_profile": value})

    def _link(self, value: str) -> None:
        task = self._random.choice(self._tasks)
        body = {"link_id": task, "status": "failed", "link_profile": value}
        self._write([task], value, "POST", "/callback/link/update", body)

    def _complete(self, value: str) -> None:
        task = self._random.choice(self._tasks)
        body = {"link_id": task, "link_profile": value}
        self._write([task], value, "POST", "/callback/link/complete", body)

    def _bulk(self, value: str) -> None:
        chosen = self._random.sample(self._tasks, 3)
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
def mock() -> Iterator[WorldServer]:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False)).world
    for _ in range(TASKS):
        create_task(world, {"server": "server-01", "link_profile": UNWRITTEN})
    with WorldServer(worlds) as mock:
        yield mock


def find_flaws(mock: WorldServer) -> list[str]:
    tasks = list(mock.worlds.world(DEFAULT).tasks)
    clients = [Client(mock.base_url, name, tasks) for name in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        histories = [event for history in pool.map(Client.run, clients) for event in history]
    found = [find_flaw([event for event in histories if event.task == task]) for task in tasks]
    return [flaw for flaw in found if flaw is not None]


def test_the_events_of_32_clients_are_linearizable_for_each_task(mock: WorldServer) -> None:
    assert find_flaws(mock) == []


def test_a_lost_update_is_found(mock: WorldServer, monkeypatch: pytest.MonkeyPatch) -> None:
    original = operations.HANDLERS["updateTask"]

    def lose_update(world: World, server: Server, call: Call) -> Any:
        """Updates the task, then writes the old value back."""
        before = world.task(call.parameters["id"]).link_profile
        answer = original(world, server, call)
        world.change_task(world.task(call.parameters["id"]), {"link_profile": before})
        return answer

    monkeypatch.setitem(operations.HANDLERS, "updateTask", lose_update)
    assert find_flaws(mock)


def test_an_old_page_is_found(mock: WorldServer, monkeypatch: pytest.MonkeyPatch) -> None:
    original, pages = operations.HANDLERS["listTasks"], list[Any]()

    def list_old_page(world: World, server: Server, call: Call) -> Any:
        pages.append(original(world, server, call))
        return pages[-20:][0]

    monkeypatch.setitem(operations.HANDLERS, "listTasks", list_old_page)
    assert find_flaws(mock)


def test_links_that_many_clients_complete_count_once(mock: WorldServer) -> None:
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


def one_after_another(values: list[tuple[str, bool]]) -> list[Event]:
    return [Event("t", value, at, at + 0.5, is_write) for at, (value, is_write) in enumerate(values)]


@given(st.lists(st.booleans(), max_size=30))
def test_the_checker_accepts_every_history_of_one_client(writes: list[bool]) -> None:
    steps, last = [], UNWRITTEN
    for number, is_write in enumerate(writes):
        last = str(number) if is_write else last
        steps.append((last, is_write))
    assert find_flaw(one_after_another(steps)) is None


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
def test_the_checker_refuses_histories_without_an_order(steps: list[tuple[str, bool]]) -> None:
    assert find_flaw(one_after_another(steps)) is not None


def test_the_checker_accepts_both_values_during_a_write() -> None:
    write = Event("t", "a", 0, 10, is_write=True)
    old, new = Event("t", UNWRITTEN, 1, 2, is_write=False), Event("t", "a", 3, 4, is_write=False)
    assert find_flaw([write, old, new]) is None
    assert find_flaw([write, Event("t", "a", 1, 2, is_write=False), Event("t", "", 3, 4, is_write=False)])
