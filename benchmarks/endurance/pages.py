"""Pages of a world of many tasks beside those of a world of few, each by the whole way of a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from urllib.parse import urlencode

import orjson

from workerkit.mockserver.http.headers import headers_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import PAGE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import worker_api

LIMIT = 50
_SEED = 1
_OWNER = "server-01"
_HEADERS = (("host", "127.0.0.1"), ("x-api-key", PAGE_KEY))
_ROUNDS, _IN_A_ROUND, _UPDATED = 31, 8, 400
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
    """What a page of one kind takes in the world of few and of many tasks, in microseconds."""

    title: str
    few: float
    many: float

    @property
    def ratio(self) -> float:
        """How many times as much it takes among many."""
        return self.many / self.few


@dataclass(frozen=True, slots=True)
class _Book:
    """A world, asked as a worker asks."""

    world: World
    app: WorkerApp

    def asker(self, query: dict[str, str]) -> Callable[[], bytes]:
        """Asks for one page; the answer's body."""
        path = worker_api().base_path + "/tasks"
        asked = urlencode({"limit": LIMIT, **query}, safe=",")
        incoming = Request("GET", path, asked, headers_of(_HEADERS), b"", False)
        return lambda: self.app.answer(incoming).body

    def total(self, query: dict[str, str]) -> int:
        """How many tasks the filter lets through."""
        return int(orjson.loads(self.asker(query)())["total"])

    def cursor(self, query: dict[str, str], page: int) -> str:
        """The cursor after a page."""
        return str(orjson.loads(self.asker({**query, "page": str(page)})())["next_cursor"])


def found(tasks: int) -> World:
    """A world whose tasks are all of one server, in all statuses in turn."""
    world = WorldBuilder(seed=_SEED, tasks=False)(DEFAULT).world
    statuses = world.api.enumeration("TaskStatus")
    for number in range(tasks):
        fields = {"server": _OWNER, "status": statuses[number % len(statuses)]}
        create_task(world, fields, created_at=world.clock.begin - tasks + number)
    return world


def compare(few: World, many: World) -> list[Sample]:
    """The first page, the deepest full one by offset, and one by cursor in the middle, for each filter."""
    books = _book(few), _book(many)
    return [sample for name, query in FILTERS.items() for sample in _samples(name, query, *books)]


def compare_updates(few: World, many: World) -> Sample:
    """A change of status, which moves the task in the order of its list."""
    return _sample("an update", _updater(_book(few)), _updater(_book(many)))


def _samples(name: str, query: dict[str, str], few: _Book, many: _Book) -> list[Sample]:
    kinds = [_queries(book, query) for book in (few, many)]
    return [
        _sample(f"{name}: {kind}", few.asker(kinds[0][kind]), many.asker(kinds[1][kind])) for kind in kinds[0]
    ]


def _queries(book: _Book, query: dict[str, str]) -> dict[str, dict[str, str]]:
    deepest = book.total(query) // LIMIT
    return {
        "first page": query,
        "deepest offset page": {**query, "page": str(deepest)},
        "cursor page": {**query, "after": book.cursor(query, max(1, deepest // 2))},
    }


def _updater(book: _Book) -> Callable[[], object]:
    """Changes the status of tasks from all over the world, each time of another one."""
    tasks = list(book.world.tasks)
    chosen = cycle(tasks[:: max(1, len(tasks) // _UPDATED)])
    bodies = cycle([b'{"status": "running"}', b'{"status": "queued"}', b'{"status": "failed"}'])
    path = worker_api().base_path + "/tasks/"
    head = headers_of((*_HEADERS, ("content-type", "application/json"), ("content-length", "20")))
    return lambda: book.app.answer(Request("PUT", path + next(chosen), "", head, next(bodies), False))


def _sample(title: str, few: Callable[[], object], many: Callable[[], object]) -> Sample:
    """Asks both in turn, so that noise meets both alike."""
    times = [(_time(few), _time(many)) for _ in range(_ROUNDS)]
    return Sample(title, median(a for a, _ in times), median(b for _, b in times))


def _time(ask: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(_IN_A_ROUND):
        ask()
    return (time.perf_counter() - begin) / _IN_A_ROUND * 1e6


def _book(world: World) -> _Book:
    director = WorldBuilder(seed=_SEED, tasks=False)(DEFAULT)
    director.world = world
    worlds = Worlds()
    worlds.add(DEFAULT, lambda name: director)
    return _Book(world, WorkerApp(worlds))
