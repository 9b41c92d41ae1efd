"""Every scenario of the library, lived through by the example worker."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import api_of
from workerkit.scenarios.library import library
from workerkit.scenarios.rules.judge import judge

WORKER = (sys.executable, str(Path(__file__).parents[2] / "examples" / "worker.py"))
SECONDS_BETWEEN_LOOKS = 0.05
SECONDS = 240
MEANT = ("fault", "the scenario answered")
# One of several ways to report; the example worker goes another one.
OTHER_WAYS = ("never happened: match operation: completeLink, calls: 2",)


def lived_through(name: str) -> list[str]:
    """What was amiss when the worker lived through a scenario; empty where nothing was."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(library.find(name)))
    with MockServer(worlds) as mock, Command(WORKER, worker_settings(mock, director)) as command:
        code = None
        for _ in range(int(SECONDS / SECONDS_BETWEEN_LOOKS)):
            code = command.wait(SECONDS_BETWEEN_LOOKS)
            if code is not None or mock.ask(director.is_over):
                break
        else:
            return ["it did not end"]
        command.end()
        return mock.ask(lambda: amiss(director, code))


def amiss(director: Director, code: int | None) -> list[str]:
    verdict = judge(run_of(director, "until" if code is None else "exit", code))
    unfelt = [each for each in director.unfelt() if each not in OTHER_WAYS]
    failed = [
        exchange.why
        for exchange in director.world.journal
        if exchange.status == 500 and not exchange.why.startswith(MEANT)
    ]
    return [*unfelt, *(each.message for each in verdict.broken), *filter(None, failed)]


def test_the_example_worker_feels_each_scenario_and_is_not_to_blame() -> None:
    names = library.names()
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(names, pool.map(lived_through, names), strict=True))
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("name", library.names())
def test_a_world_that_is_founded_from_it_answers_as_the_spec_says(name: str) -> None:
    world = WorldBuilder(library.find(name), seed=1)("w1").world
    operation = api_of(world.api.source, world.dialect).operations["listTasks"]
    own = world.servers[next(iter(world.servers))]
    tasks = [task.listed(world.write) for task in world.tasks.values() if task.server == own.name]
    page = {"server_id": own.id, "server_name": own.name, "data": tasks[:1000], "total": len(tasks)}
    assert operation.answer_flaw(200, {**page, "page": 1, "limit": 1000, "next_cursor": None}) is None
