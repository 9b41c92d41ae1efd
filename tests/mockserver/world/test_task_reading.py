"""Tests that tasks can be read slowly, while they change."""

from __future__ import annotations

import gc

import pytest

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder


@pytest.fixture
def world() -> World:
    world = WorldBuilder(seed=3, with_tasks=False)("default").world
    for _ in range(8):
        create_task(world, {"server": "server-01", "status": "pending"})
    return world


def change_all(world: World) -> None:
    """Changes a task in each way that the world has."""
    tasks = list(world.tasks.values())
    server = world.server("server-01")
    world.update_task(tasks[0], {"status": "failed", "note": "late"})
    world.complete_task(tasks[1], {"link_post": "https://site.example"})
    world.change_any_fields(tasks[2], {"retry_count": 2})
    world.reassign(tasks[3], world.server("server-02"))
    world.remove_task(tasks[4])
    world.hand_out([tasks[5]])
    world.change_task(world.own_task(server, tasks[6].id), {"is_indexed": True})
    create_task(world, {"server": "server-01"})


def fields_of(tasks: list[Task]) -> list[object]:
    return [task.as_json() for task in tasks]


@pytest.mark.parametrize("read_before", [0, 3, 8])
def test_a_reading_returns_the_tasks_as_they_were_when_it_began(world: World, read_before: int) -> None:
    before = fields_of(list(world.tasks.values()))
    reading = world.tasks_now()
    first = [next(reading) for _ in range(read_before)]
    first_fields = fields_of(first)
    change_all(world)
    assert first_fields + fields_of(list(reading)) == before
    assert fields_of(list(world.tasks_now())) == fields_of(list(world.tasks.values()))


def test_a_task_that_changes_twice_is_read_as_it_was_before_both_changes(world: World) -> None:
    task = next(iter(world.tasks.values()))
    reading = world.tasks_now()
    for status in ("queued", "running"):
        world.update_task(task, {"status": status})
    assert next(reading).status == "pending"


def test_two_readings_do_not_disturb_each_other(world: World) -> None:
    task = next(iter(world.tasks.values()))
    earlier = world.tasks_now()
    world.update_task(task, {"status": "queued"})
    later = world.tasks_now()
    world.update_task(task, {"status": "running"})
    assert [next(earlier).status, next(later).status] == ["pending", "queued"]


def test_a_reading_that_nobody_uses_any_more_is_forgotten(world: World) -> None:
    reading = world.tasks_now()
    del reading
    gc.collect()
    world.update_task(next(iter(world.tasks.values())), {"status": "queued"})
    assert world._readings._readings == []
