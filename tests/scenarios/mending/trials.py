"""Runs a small worker with a snippet in the small world of a rule, and judges the run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.scenarios.mending.small_worker import WorkerThread, source_with
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.formats import yaml_nodes
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict, judge
from workerkit.scenarios.run_record.run import EndedBy

_FILE = Path(__file__).with_name("trials.yaml")


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """The small world of a rule. The fields are those of trials.yaml."""

    scenario: Scenario
    heartbeat: float | None = None
    longest: float | None = None
    most_lists: int | None = None
    logs: int = 0
    copies: int = 1

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment variables that are the worker's own."""
        return {} if self.heartbeat is None else {"HEARTBEAT_EVERY": str(self.heartbeat)}


@cache
def plans() -> Mapping[str, TrialPlan]:
    """The small world of each rule, by the rule's id."""
    entries = yaml_nodes.load(_FILE.read_text("utf-8"), name=_FILE.name).plain()
    return {rule: _plan(rule, **entry) for rule, entry in entries.items()}


def _plan(rule: str, *, scenario: dict[str, Any], **others: Any) -> TrialPlan:
    whole = {"title": f"A small world for {rule}", "about": "A trial of snippets.", **scenario}
    whole["world"] = {"seed": 1, **whole["world"]}
    return TrialPlan(loader.parse(json.dumps(whole).encode(), name=f"{rule}.yaml"), **others)


def verdict_on_snippet(rule: str, version: str, mock: WorldServer) -> Verdict:
    """The verdict on the Python worker with a snippet.

    version: `bad` or `good`.
    mock: a running mock. The trial has a world of its own.
    """
    plan, worlds = plans()[rule], mock.worlds
    builder = WorldBuilder(plan.scenario, heartbeat_interval=plan.heartbeat)
    director = mock.run_in_server_thread(lambda: worlds.add(worlds.new_name(), builder))
    settings = {**worker_settings(mock, director), **plan.settings}
    exit_code = _run(source_with(rule, "python", version), settings, plan)
    ended_by: EndedBy = "time-limit" if exit_code is None else "exit"

    def finish() -> Verdict:
        return judge(build_run(director, ended_by, exit_code))

    verdict = mock.run_in_server_thread(finish)
    _remove(mock, director)
    return verdict


def _remove(mock: WorldServer, director: Director) -> None:
    mock.run_in_server_thread(lambda: mock.worlds.remove(director.world.name))


def _run(source: str, settings: dict[str, str], plan: TrialPlan) -> int | None:
    """Runs the worker and returns its exit code. None if it has not ended by itself."""
    first_ended = threading.Event()
    workers = list(_workers(source, settings, plan, first_ended))
    for worker in reversed(workers):
        worker.start()
        if len(workers) > 1:
            worker.reads_first_list.wait()
    workers[0].join(plan.longest)
    first_ended.set()
    for worker in workers[1:]:
        worker.join()
    exit_code = workers[0].exit_code
    workers[0].stop()
    return exit_code


def _workers(
    source: str, settings: dict[str, str], plan: TrialPlan, first_ended: threading.Event
) -> Iterator[WorkerThread]:
    for number in range(plan.copies):
        begins_after = first_ended if number else None
        yield WorkerThread(
            source, settings, most_lists=plan.most_lists, logs=plan.logs, begins_after=begins_after
        )
