"""Fixtures that make records of runs. All have the scope `session`, so that Hypothesis tests can use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
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
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.refusals.refused_start_heeded import RefusedStartHeeded
from workerkit.scenarios.rules.work.done_once import DoneOnce
from workerkit.scenarios.run_record.run import Run

START = 1_764_583_200.0
BASE = "/api/v1/worker"
NO_TIME = 0.001
ALSO_JUDGED = (DoneOnce, RefusedStartHeeded)
WORLD = WorldPlan((ServerPlan("server-01"), ServerPlan("server-02")), ())
QUIET_DAY = Scenario("quiet-day", "Nothing happens", "Nothing at all.", WORLD)


class ScriptedWorker:
    """A worker that a test controls request by request. Its requests go to a mock with two servers.

    Time passes only while a request takes its time, and when the test waits.
    With `beats` the first request is a heartbeat. `dialect` sets choices of the mock's dialect.
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
            self.send_heartbeat()

    def add_task(self, **fields: Any) -> str:
        """Adds a task to the worker's server, as if it had existed from the start, and returns its id."""
        task: Task = create_task(self.world, fields)
        self.world.change_log.changes.clear()
        return task.id

    def add_tasks(self, count: int, **fields: Any) -> list[str]:
        return [self.add_task(**fields) for _ in range(count)]

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        took: float = NO_TIME,
        fault: str | None = None,
        key: str = "server-01-key",
        content_type: str = "application/json",
        **parameters: Any,
    ) -> Any:
        """Sends one request and returns the JSON of its answer. `parameters` are those of the fault."""
        path, _, query = path.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = decode_headers([(b"x-api-key", key.encode()), (b"content-type", content_type.encode())])
        if fault is not None:
            planned = PlannedFault(FAULTS[fault](**parameters), Schedule(times=1))
            self.world.add_fault(planned, since=self.world.clock.peek())
        answer = self.app.answer(Request(method, BASE + path, query, headers, content, is_too_large=False))
        recorded = tuple(self.world.journal)[-1]
        self.wait(took)
        ended = replace(recorded, ended=recorded.began + took)
        applied = self.world.applied_faults.get(recorded.number)
        if applied is not None:
            sent = {} if applied.is_unreadable and fault != "wrong-content-type" else _sent(answer)
            ended = replace(ended, **sent)
            self.world.store_applied_faults(replace(applied, is_over=True))
        self.world.faults.clear()
        self.world.journal.end(recorded, ended)
        return json.loads(answer.body)

    def send_heartbeat(self, **how: Any) -> Any:
        return self.send("POST", "/health", {"server_name": "server-01", "active_tasks": 1}, **how)

    def list_tasks(self, *, how: Mapping[str, Any] | None = None, **query: Any) -> list[str]:
        """The ids of the tasks on a page."""
        page = self.send("GET", f"/tasks?{urlencode(query)}", **(how or {}))
        return [task["id"] for task in page.get("data", [])]

    def update(
        self, task: str, status: str | None, how: Mapping[str, Any] | None = None, **fields: Any
    ) -> Any:
        body = fields if status is None else {"status": status, **fields}
        return self.send("PUT", f"/tasks/{task}", body, **(how or {}))

    def bulk_update(self, *items: Mapping[str, Any], **how: Any) -> Any:
        return self.send("PUT", "/tasks/bulk", {"items": list(items)}, **how)

    def complete_link(self, task: str, how: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        return self.send("POST", "/callback/link/complete", {"link_id": task, **fields}, **(how or {}))

    def send_logs(self, *messages: str, level: str = "INFO", **how: Any) -> Any:
        entries = [{"level": level, "message": message} for message in messages]
        return self.send("POST", "/logs", {"logs": entries}, **how)

    def do_tasks(self, *tasks: str) -> None:
        """Sets the tasks to running and then to completed."""
        for task in tasks:
            self.update(task, "running")
            self.update(task, "completed")

    def change_task(self, task: str, **fields: Any) -> None:
        """Changes a task, as an effect of a scenario does."""
        self.world.change_task(self.world.task(task), fields, by="the scenario")

    def reassign_task(self, task: str) -> None:
        self.world.reassign(self.world.task(task), self.world.server("server-02"), by="the scenario")

    def run_record(self, **fields: Any) -> Run:
        """The record of the run so far. Without `fields` the worker exited with code 0."""
        return replace(build_run(self.director, "exit", 0), **fields)


def _sent(answer: Answer) -> dict[str, Any]:
    headers = decode_headers(answer.headers).pairs
    return {"status": answer.status, "answer_body": answer.body, "answer_headers": headers}


@pytest.fixture(scope="session")
def broken_rules() -> Callable[[Run], list[str]]:
    """Returns the ids of the rules that a run breaks: general rules, and those in `ALSO_JUDGED`.

    Also checks that the run had an occasion to break these rules.
    """

    def judge(run: Run) -> list[str]:
        rules = [rule() for rule in RULES.values() if rule.general or rule in ALSO_JUDGED]
        broken = [(rule, violation) for rule in rules for violation in rule.check(run)]
        assert [rule.id for rule, _ in broken if not rule.had_occasion(run)] == []
        return [violation.rule for _, violation in broken]

    return judge


@pytest.fixture(scope="session")
def scripted_worker() -> Callable[..., ScriptedWorker]:
    """Makes a worker that the test controls. Keyword arguments are choices of the mock's dialect."""
    return ScriptedWorker


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Exchange]:
    """Makes an exchange that began this many seconds after the start. Default: an update refused with 401."""

    def make(began: float, **fields: Any) -> Exchange:
        exchange = Exchange(
            number=0,
            operation="updateTask",
            server="server-01",
            method="PUT",
            path="/api/v1/worker/tasks/6f1e2c1a-0000-4000-8000-000000000001",
            query="",
            request_headers=(("x-api-key", "server-01-key"), ("content-type", "application/json")),
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
def is_valid_by_schema() -> Callable[[str], bool]:
    """Says whether a scenario file is valid by the JSON Schema for editors."""
    validator = jsonschema_rs.Draft7Validator(scenario_schema(), validate_formats=True)
    return lambda text: validator.is_valid(yaml_nodes.load(text, name="x.yaml").plain())


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Run]:
    """Makes a run with these exchanges, sorted by time and numbered from 1."""
    empty = Run(
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
        numbered = tuple(replace(exchange, number=number) for number, exchange in enumerate(in_order, 1))
        return replace(empty, exchanges=numbered, **fields)

    return make
