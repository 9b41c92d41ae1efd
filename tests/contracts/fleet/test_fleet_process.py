"""Simulated servers against a mock, without Locust."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.fleet_process import FleetProcess
from workerkit.contracts.fleet.fleet_server import FleetServer
from workerkit.contracts.fleet.simulated_server import WorkStyle
from workerkit.contracts.target.run_clock import RunClock
from workerkit.mockserver import MockServer, WorkerApi
from workerkit.openapi.exchange import Exchange

STYLE = WorkStyle(heartbeat=1000.0, tasks_at_once=4, page_size=3)


class Fleet:
    """One simulated server that works for a world of the mock, and what was seen."""

    def __init__(self, api: WorkerApi, **settings: Any) -> None:
        self.api = api
        self.requests: Counter[str] = Counter()
        self.flaws: list[str] = []
        self.waits: list[float] = []
        plan = FleetPlan(api.base_url, (api.api_key,), **{"writes": "all", **settings})
        self.process = FleetProcess(plan, RunClock(wait=self.waits.append), self._watch)
        server = self.process.take_server(STYLE)
        assert server is not None
        assert self.process.take_server(STYLE) is None
        self.server: FleetServer = server

    def _watch(self, exchange: Exchange, flaw: str | None) -> None:
        self.requests[str(exchange.operation)] += 1
        if flaw is not None:
            self.flaws.append(flaw)

    def run(self, rounds: int) -> None:
        """Does some rounds, and ends the server."""
        assert self.server.begin()
        for _ in range(rounds):
            assert self.server.do_round()
        self.server.end()

    @property
    def found(self) -> list[str]:
        """The kinds of the findings."""
        return [finding.kind for finding in self.process.tally.findings]


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer() as mock:
        yield mock


@pytest.fixture
def api(mock: MockServer) -> Iterator[WorkerApi]:
    """A world with seven tasks. Two of them wait as queued, and one is meant to fail."""
    with mock.new_world() as api:
        for number in range(7):
            config = json.dumps({"simulate": "fail"}) if number == 3 else "{}"
            api.add_task(status="queued" if number in (1, 2) else "pending", config=config)
        yield api


def test_a_careful_worker_does_all_tasks(api: WorkerApi) -> None:
    fleet = Fleet(api)
    fleet.run(3)
    assert Counter(task["status"] for task in api.tasks()) == {"completed": 6, "failed": 1}
    assert all(task["link_post"].endswith(task["id"]) for task in api.tasks(status="completed"))
    assert (fleet.flaws, fleet.found) == ([], [])
    assert set(fleet.requests) == {
        *("heartbeat", "listTasks", "bulkUpdateTasks", "updateTask", "completeLink", "sendLogs")
    }
    tally = fleet.process.tally
    assert (tally.servers, tally.assigned, tally.reported) == (1, 7, 7)
    assert sum(request["created_links"] for request in api.requests) == tally.world("").completions == 2
    assert len(api.logs) == tally.world("").logs == 7


def test_a_lost_update_is_found(api: WorkerApi) -> None:
    api.fault("unapplied", operation="updateTask", nth=1)
    fleet = Fleet(api)
    fleet.run(3)
    assert (fleet.flaws, fleet.found) == ([], ["lost"])


def test_a_broken_rule_is_told_at_once(api: WorkerApi) -> None:
    api.fault("listed-twice", times=1)
    fleet = Fleet(api)
    fleet.run(3)
    assert [flaw.partition(":")[0] for flaw in fleet.flaws] == ["list"]
    assert fleet.process.tally.broken.total() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "lost-answer", "operation": "updateTask", "times": 2},
        {"fault": "lost-answer", "operation": "bulkUpdateTasks", "times": 2},
        {"fault": "status", "status": 503, "operation": "bulkUpdateTasks", "times": 1},
        {"fault": "status", "status": 503, "operation": "completeLink", "times": 1},
        {"fault": "rate-limit", "times": 2},
        {"fault": "key-refused", "times": 2},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('operation')}",
)
def test_trouble_loses_no_task(api: WorkerApi, fault: dict[str, Any]) -> None:
    api.fault(fault.pop("fault"), **fault)
    fleet = Fleet(api)
    fleet.run(6)
    assert Counter(task["status"] for task in api.tasks()) == {"completed": 6, "failed": 1}
    assert fleet.flaws
    assert (fleet.found, fleet.process.tally.broken.total()) == ([], 0)


def test_without_writes_only_pages_are_read(api: WorkerApi) -> None:
    before = api.tasks()
    fleet = Fleet(api, writes="none")
    fleet.run(4)
    assert set(fleet.requests) == {"listTasks"}
    assert api.tasks() == before
    assert fleet.process.tally.assigned == 7


def test_only_the_sandbox_is_changed_and_put_back(api: WorkerApi) -> None:
    own = api.tasks()[1]["id"]
    fleet = Fleet(api, writes="sandbox", sandbox_tasks=(own,))
    assert fleet.server.begin()
    assert fleet.server.do_round()
    assert [task["id"] for task in api.tasks(status="completed")] == [own]
    fleet.server.end()
    assert Counter(task["status"] for task in api.tasks()) == {"pending": 5, "queued": 2}
    assert {"heartbeat", "sendLogs"}.isdisjoint(fleet.requests)
    assert fleet.found == []


def test_the_servers_of_a_process_share_the_rate(mock: MockServer) -> None:
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    with mock.new_world() as first, mock.new_world() as second:
        keys = (first.api_key, second.api_key)
        plan = FleetPlan(first.base_url, keys, "none", rate=10.0)
        clock = RunClock(steady=lambda: now[0], wait=wait)
        process = FleetProcess(plan, clock, lambda exchange, flaw: None)
        servers = [process.take_server(STYLE) for _ in keys]
        for server in servers * 5:
            assert server is not None
            assert server.begin()
    assert process.tally.requests == 10
    assert now[0] == pytest.approx(0.9)


def test_shares_have_all_keys_and_the_whole_rate() -> None:
    plan = FleetPlan("http://127.0.0.1:1/api/v1/worker", ("a", "b", "c"), "all", rate=9.0)
    shares = [FleetPlan.from_json(share.as_json()) for share in plan.shares(2)]
    assert [share.keys for share in shares] == [("a", "c"), ("b",)]
    assert [share.rate for share in shares] == [4.5, 4.5]
