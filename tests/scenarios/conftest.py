"""Makes records of runs by hand. All are session-wide, so that properties can use them too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import run_of as record_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.loading.editor_schema import scenario_schema
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.rules import RULES, TasksEnded
from workerkit.scenarios.run_record.run import Run

START = 1_764_583_200.0
BASE = "/api/v1/worker"
NO_TIME = 0.001
WORLD = WorldPlan((ServerPlan("server-01"), ServerPlan("server-02")), ())
QUIET_DAY = Scenario("quiet-day", "Nothing happens", "Nothing at all.", WORLD)


class Story:
    """A worker's run, told request by request to a real world whose time passes when the story says so.

    It begins with a heartbeat. Every request takes a millisecond unless it is told otherwise; `fault` strikes
    the request that it is given to, with its parameters after it.
    """

    def __init__(self, *, beats: bool = True, **dialect: str) -> None:
        self.time = 0.0
        choices = {silence.replace("_", "-"): choice for silence, choice in dialect.items()}
        builder = WorldBuilder(QUIET_DAY, seed=1, timer=lambda: self.time, dialect=dialect_of(choices))
        worlds = Worlds()
        self.director: Director = worlds.add(DEFAULT, builder)
        self.world = self.director.world
        self.app = WorkerApp(worlds)
        if beats:
            self.beat()

    def task(self, **fields: Any) -> str:
        """Adds a task of the worker's own, as if it had been there from the start, and returns its id."""
        task: Task = create_task(self.world, fields)
        self.world.past.clear()
        return task.id

    def tasks(self, count: int, **fields: Any) -> list[str]:
        return [self.task(**fields) for _ in range(count)]

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        took: float = NO_TIME,
        fault: str | None = None,
        key: str = "server-01-key",
        content_type: str = "application/json",
        **how: Any,
    ) -> Any:
        """One request, and the JSON of its answer."""
        path, _, query = path.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = header_set([(b"x-api-key", key.encode()), (b"content-type", content_type.encode())])
        if fault is not None:
            planned = PlannedFault(FAULTS[fault](**how), Schedule(times=1))
            self.world.add_fault(planned, since=self.world.clock.glance())
        answer = self.app.answer(Request(method, BASE + path, query, headers, content, oversize=False))
        kept = tuple(self.world.journal)[-1]
        self.wait(took)
        ended = replace(kept, ended=kept.began + took)
        struck = self.world.struck.get(kept.number)
        if struck is not None:
            sent = {} if struck.garbled and fault != "wrong-content-type" else _sent(answer)
            ended = replace(ended, **sent)
            self.world.remember_applied_faults(replace(struck, over=True))
        self.world.faults.clear()
        self.world.journal.end(kept, ended)
        return json.loads(answer.body)

    def beat(self, **how: Any) -> Any:
        return self.ask("POST", "/health", {"server_name": "server-01", "active_tasks": 1}, **how)

    def list(self, *, how: Mapping[str, Any] | None = None, **query: Any) -> list[str]:
        """The ids of the tasks on a page."""
        page = self.ask("GET", f"/tasks?{urlencode(query)}", **(how or {}))
        return [task["id"] for task in page.get("data", [])]

    def put(self, task: str, status: str | None, how: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        body = fields if status is None else {"status": status, **fields}
        return self.ask("PUT", f"/tasks/{task}", body, **(how or {}))

    def bulk(self, *items: Mapping[str, Any], **how: Any) -> Any:
        return self.ask("PUT", "/tasks/bulk", {"items": list(items)}, **how)

    def complete(self, task: str, how: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        return self.ask("POST", "/callback/link/complete", {"link_id": task, **fields}, **(how or {}))

    def log(self, *messages: str, level: str = "INFO", **how: Any) -> Any:
        entries = [{"level": level, "message": message} for message in messages]
        return self.ask("POST", "/logs", {"logs": entries}, **how)

    def do(self, *tasks: str) -> None:
        """Does tasks as a careful worker does."""
        for task in tasks:
            self.put(task, "running")
            self.put(task, "completed")

    def change(self, task: str, **fields: Any) -> None:
        """What a scenario does to a task."""
        self.world.change_task(self.world.task(task), fields, by="the scenario")

    def give_away(self, task: str) -> None:
        self.world.reassign(self.world.task(task), self.world.server("server-02"), by="the scenario")

    def run(self, **fields: Any) -> Run:
        """The record so far, of a worker that found that all was well and exited."""
        return replace(record_of(self.director, "exit", 0), **fields)


def _sent(answer: Answer) -> dict[str, Any]:
    headers = header_set(answer.headers).pairs
    return {"status": answer.status, "answer_body": answer.body, "answer_headers": headers}


@pytest.fixture(scope="session")
def broken_in() -> Callable[[Run], list[str]]:
    """The rules that a run breaks: all that there are, but that every task comes to an end."""

    def judged(run: Run) -> list[str]:
        rules = [rule() for rule in RULES.values() if rule is not TasksEnded]
        return [broken.rule for rule in rules for broken in rule.check(run)]

    return judged


@pytest.fixture(scope="session")
def story() -> Callable[..., Story]:
    """Begins a story, in a dialect."""
    return Story


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Exchange]:
    """An exchange that began so many seconds after the start; without more, an update refused with 401."""

    def make(began: float, **fields: Any) -> Exchange:
        exchange = Exchange(
            number=0,
            operation="updateTask",
            server="server-01",
            method="PUT",
            path="/api/v1/worker/tasks/6f1e2c1a-0000-4000-8000-000000000001",
            query="",
            request_headers=(("x-api-key", "server-01-key"),),
            request_body=b'{"status": "completed"}',
            status=401,
            answer_headers=(),
            answer_body=b'{"success": false, "error": "unauthorized"}',
            began=START + began,
            ended=START + began + 0.001,
        )
        return replace(exchange, **fields)

    return make


@pytest.fixture(scope="session")
def by_schema() -> Callable[[str], bool]:
    """Whether a scenario file is sound by the schema for editors."""
    validator = jsonschema_rs.Draft7Validator(scenario_schema(), validate_formats=True)
    return lambda text: validator.is_valid(yaml_nodes.load(text, name="x.yaml").plain())


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Run]:
    """A run with these exchanges, brought in order and numbered from 1."""
    whole = Run(
        scenario=QUIET_DAY,
        exchanges=(),
        tasks=(),
        events=(),
        exit_code=0,
        ended_by="exit",
        server="server-01",
        key="server-01-key",
    )

    def make(exchanges: Iterable[Exchange] = (), **fields: Any) -> Run:
        in_order = sorted(exchanges, key=lambda exchange: exchange.began)
        numbered = tuple(replace(each, number=number) for number, each in enumerate(in_order, 1))
        return replace(whole, exchanges=numbered, **fields)

    return make
