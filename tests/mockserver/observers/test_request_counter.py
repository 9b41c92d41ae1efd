"""Equal requests are counted in one line."""

from __future__ import annotations

from dataclasses import replace

from workerkit.mockserver.observers.request_counter import RequestCounter
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange

EXCHANGE = Exchange(
    1, "listTasks", "server-01", "GET", "/api/v1/worker/tasks", "", (), b"", 200, (), b"", 10.0, 10.25
)


def default_world() -> World:
    return Worlds().add(DEFAULT, WorldBuilder(seed=1, with_tasks=False)).world


def test_equal_requests_are_one_line_and_different_ones_are_not() -> None:
    counter, world = RequestCounter(), default_world()
    for _ in range(120):
        counter.note(world, EXCHANGE)
        counter.note(world, replace(EXCHANGE, status=None))
    counter.note(world, replace(EXCHANGE, why="the key does not work now", status=401))
    lines, uncounted = counter.take()
    assert [(line.asked, line.status, line.count, line.why) for line in lines] == [
        ("listTasks", 200, 120, ""),
        ("listTasks", None, 120, ""),
        ("listTasks", 401, 1, "the key does not work now"),
    ]
    assert (lines[0].world, lines[0].server, lines[0].seconds, uncounted) == (DEFAULT, "server-01", 0.25, 0)
    assert counter.take() == ([], 0)


def test_a_change_is_no_request() -> None:
    worlds, counter = Worlds(), RequestCounter()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False)).world
    worlds.subscribe(counter.note)
    world.set_server_status(world.server("server-01"), "offline", by="hand")
    assert counter.is_empty


def test_a_flood_of_different_requests_is_bounded_and_counted() -> None:
    counter, world = RequestCounter(), default_world()
    for number in range(1000):
        counter.note(world, replace(EXCHANGE, operation=None, path=f"/{number}"))
    counter.note(world, replace(EXCHANGE, operation=None, path="/0"))
    lines, uncounted = counter.take()
    assert (len(lines), lines[0].count, uncounted) == (50, 2, 950)


def test_secrets_are_masked() -> None:
    counter, world = RequestCounter(), default_world()
    why = "the API has no path /server-01-key"
    counter.note(world, replace(EXCHANGE, operation=None, path="/server-01-key", status=404, why=why))
    ((line,), _) = counter.take()
    assert "server-01-key" not in line.asked + line.why
    assert line.asked.startswith("GET /<key ")
    assert line.why.startswith("the API has no path /<key ")
