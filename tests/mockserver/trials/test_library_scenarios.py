"""The example worker runs through every scenario of the library."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import api_of
from workerkit.scenarios.library import library
from workerkit.scenarios.rules.judge import judge

WORKER = (sys.executable, str(Path(__file__).parents[2] / "examples" / "worker.py"))
SECONDS_BETWEEN_CHECKS = 0.05
TIME_LIMIT = 240
EXPECTED_CAUSES = ("fault", "the scenario answered")
# The example worker reads at most 100 tasks, which is one page, and completes its tasks one by one.
NOT_REACHED_BY_EXAMPLE = re.compile(
    r"never happened: add-fault [a-z-]+ \(asked (what: )?later-page[^)]*\)|never applied: the fault partial-bulk"
)


def problems_in_scenario(name: str) -> list[str]:
    """Runs the worker through a scenario and returns the problems. Empty if there were none."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(library.find(name)))
    with WorldServer(worlds) as mock, Command(WORKER, worker_settings(mock, director)) as command:
        director.world.close_port = mock.close_port
        code = None
        for _ in range(int(TIME_LIMIT / SECONDS_BETWEEN_CHECKS)):
            code = command.wait(SECONDS_BETWEEN_CHECKS)
            if code is not None or mock.run_in_server_thread(director.is_over):
                break
        else:
            return ["the scenario did not end"]
        command.end()
        return mock.run_in_server_thread(lambda: problems(director, code))


def problems(director: Director, code: int | None) -> list[str]:
    verdict = judge(build_run(director, "until" if code is None else "exit", code))
    not_reached = [part for part in director.not_reached() if not NOT_REACHED_BY_EXAMPLE.fullmatch(part)]
    server_errors = [
        exchange.why
        for exchange in director.world.journal
        if exchange.status == 500 and not exchange.why.startswith(EXPECTED_CAUSES)
    ]
    messages = [violation.message for violation in verdict.broken]
    return [*not_reached, *messages, *filter(None, server_errors)]


def test_the_example_worker_reaches_all_of_each_scenario_and_breaks_no_rule() -> None:
    names = library.names()
    with ThreadPoolExecutor(8) as pool:
        problems_by_name = dict(zip(names, pool.map(problems_in_scenario, names), strict=True))
    assert {name: found for name, found in problems_by_name.items() if found} == {}


@pytest.mark.parametrize("name", library.names())
def test_a_world_of_the_scenario_answers_as_the_spec_says(name: str) -> None:
    world = WorldBuilder(library.find(name), seed=1)("w1").world
    operation = api_of(world.api.source, world.dialect).operations["listTasks"]
    own = world.servers[next(iter(world.servers))]
    tasks = [task.list_item(world.write) for task in world.tasks.values() if task.server == own.name]
    page = {"server_id": own.id, "server_name": own.name, "data": tasks[:1000], "total": len(tasks)}
    assert operation.answer_flaw(200, {**page, "page": 1, "limit": 1000, "next_cursor": None}) is None
