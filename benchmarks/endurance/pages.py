"""Measures task lists and updates in a world with few tasks and in a world with many tasks.

Each request goes through the whole mock, but not through a socket.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from urllib.parse import urlencode

import orjson

from workerkit.mockserver.http.headers import header_set_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import worker_api

LIMIT = 50
_SEED = 1
_OWNER = "server-01"
_HEADERS = (("host", "127.0.0.1"), ("x-api-key", EXAMPLE_KEY))
_ROUNDS, _REQUESTS_IN_A_ROUND, _UPDATED = 31, 8, 400
FILTERS = {
    "pending and queued": {},
    "completed": {"status": "completed"},
    "all statuses, one service type": {
        "status": ",".join(worker_api().enumeration("TaskStatus")),
        "service_type": "entity",
    },
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The time of one kind of request.

    title: the kind of request.
    few: microseconds in the world with few tasks.
    many: microseconds in the world with many tasks.
    """

    title: str
    few: float
    many: float

    @property
    def ratio(self) -> float:
        """The time with many tasks divided by the time with few tasks."""
        return self.many / self.few


@dataclass(frozen=True, slots=True)
class _ServedWorld:
    """A world that answers requests of a worker."""

    world: World
    app: WorkerApp

    def request_page(self, query: dict[str, str]) -> Callable[[], bytes]:
        """Returns a function that requests one page and returns the body of the answer."""
        path = worker_api().base_path + "/tasks"
        query_text = urlencode({"limit": LIMIT, **query}, safe=",")
        request = Request("GET", path, query_text, header_set_of(_HEADERS), b"", False)
        return lambda: self.app.answer(request).body

    def total(self, query: dict[str, str]) -> int:
        """Returns how many tasks match the filter."""
        return int(orjson.loads(self.request_page(query)())["total"])

    def cursor(self, query: dict[str, str], page: int) -> str:
        """Returns the cursor after a page."""
        return str(orjson.loads(self.request_page({**query, "page": str(page)})())["next_cursor"])


def build_world(tasks: int) -> World:
    """Returns a world. All its tasks belong to one server and have all statuses in turn."""
    world = WorldBuilder(seed=_SEED, with_tasks=False)(DEFAULT).world
    statuses = world.api.enumeration("TaskStatus")
    for number in range(tasks):
        fields = {"server": _OWNER, "status": statuses[number % len(statuses)]}
        create_task(world, fields, created_at=world.clock.begin - tasks + number)
    return world


def compare(few: World, many: World) -> list[Sample]:
    """Measures three pages for each filter: the first, the last full one, and a cursor page in the middle."""
    worlds_served = _served_world(few), _served_world(many)
    return [sample for name, query in FILTERS.items() for sample in _samples(name, query, *worlds_served)]


def compare_updates(few: World, many: World) -> Sample:
    """Measures changes of a task's status. They move the task in the list."""
    return _sample("an update", _updater(_served_world(few)), _updater(_served_world(many)))


def _samples(name: str, query: dict[str, str], few: _ServedWorld, many: _ServedWorld) -> list[Sample]:
    queries = [_queries(served, query) for served in (few, many)]
    return [
        _sample(f"{name}: {kind}", few.request_page(queries[0][kind]), many.request_page(queries[1][kind]))
        for kind in queries[0]
    ]


def _queries(served: _ServedWorld, query: dict[str, str]) -> dict[str, dict[str, str]]:
    deepest = served.total(query) // LIMIT
    return {
        "first page": query,
        "last full page": {**query, "page": str(deepest)},
        "cursor page": {**query, "after": served.cursor(query, max(1, deepest // 2))},
    }


def _updater(served: _ServedWorld) -> Callable[[], object]:
    """Returns a function that changes the status of one task, each time of another task."""
    tasks = list(served.world.tasks)
    task_ids = cycle(tasks[:: max(1, len(tasks) // _UPDATED)])
    bodies = cycle([b'{"status": "running"}', b'{"status": "queued"}', b'{"status": "failed"}'])
    path = worker_api().base_path + "/tasks/"
    head = header_set_of((*_HEADERS, ("content-type", "application/json"), ("content-length", "20")))
    return lambda: served.app.answer(Request("PUT", path + next(task_ids), "", head, next(bodies), False))


def _sample(title: str, few: Callable[[], object], many: Callable[[], object]) -> Sample:
    """Measures both in turns, so that a busy machine slows down both."""
    times = [(_time(few), _time(many)) for _ in range(_ROUNDS)]
    return Sample(title, median(a for a, _ in times), median(b for _, b in times))


def _time(send: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(_REQUESTS_IN_A_ROUND):
        send()
    return (time.perf_counter() - begin) / _REQUESTS_IN_A_ROUND * 1e6


def _served_world(world: World) -> _ServedWorld:
    director = WorldBuilder(seed=_SEED, with_tasks=False)(DEFAULT)
    director.world = world
    worlds = Worlds()
    worlds.add(DEFAULT, lambda name: director)
    return _ServedWorld(world, WorkerApp(worlds))
