"""The gate, watched at the server's end of the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from workerkit.contracts.client import NO_KEY, Client
from workerkit.contracts.clock import Clock
from workerkit.contracts.leeway import strict_api
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.stock import Effort, run_stock
from workerkit.contracts.target import Target
from workerkit.contracts.wire import GATE_URL, Ended, Gate, Withheld

TASK = "/tasks/6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


@dataclass
class Hands:
    """A clock that moves only when somebody waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.wait)


def gate_to(scripted: Any, hands: Hands | None = None, **bounds: Any) -> Gate:
    target = Target(scripted.base_url, "the-key", "other-key", "inactive-key")
    clock = (hands or Hands()).clock()
    return Gate(target, Plan(**bounds), strict_api(), clock=clock, watcher=lambda _: None)


def test_every_exchange_is_recorded_as_it_went_over_the_wire(scripted: Any) -> None:
    gate = gate_to(scripted)
    exchange = Client(gate, "the-key").send("PUT", TASK, {"status": "running"})
    assert scripted.seen == [("PUT", f"/api/v1/worker{TASK}", "the-key")]
    assert (exchange.operation, exchange.path, exchange.status) == (
        "updateTask",
        f"/api/v1/worker{TASK}",
        200,
    )
    assert exchange.sent() == {"status": "running"}
    assert gate.exchanges == [exchange]


def test_the_path_before_the_base_path_is_the_targets_own_matter(scripted: Any) -> None:
    scripted.base_url = scripted.base_url.replace("/api/v1/worker", "/staging/api/v1/worker")
    exchange = Client(gate_to(scripted), "the-key").tasks(limit=1)
    assert scripted.seen[0][1] == "/staging/api/v1/worker/tasks?limit=1"
    assert (exchange.operation, exchange.path) == ("listTasks", "/api/v1/worker/tasks")


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("PUT", TASK, "the-key"),
        ("POST", "/health", "the-key"),
        ("POST", "/logs", "other-key"),
        ("POST", "/health", "inactive-key"),
        ("POST", "/health", "The-Key "),
        ("DELETE", TASK, "the-key"),
        ("GET", "/tasks/../health", "the-key"),
        ("GET", TASK, "the-key"),
    ],
)
def test_without_writes_nothing_leaves_that_a_server_may_act_on(
    scripted: Any, method: str, path: str, key: str
) -> None:
    gate = gate_to(scripted, writes=Writes.NONE)
    with pytest.raises(Withheld):
        gate.session().request(method, GATE_URL + path, headers={"X-API-Key": key}, data="{}")
    assert scripted.seen == []
    assert gate.exchanges == []
    assert len(gate.withheld) == 1


@pytest.mark.parametrize("key", [NO_KEY, "made-up"])
def test_without_writes_a_request_that_its_key_condemns_is_sent(scripted: Any, key: str) -> None:
    Client(gate_to(scripted, writes=Writes.NONE), "the-key").send("PUT", TASK, {}, key=key)
    assert scripted.seen == [("PUT", f"/api/v1/worker{TASK}", key or None)]


def test_without_writes_the_engine_sends_reads_and_requests_without_the_key_only(scripted: Any) -> None:
    gate = gate_to(scripted, writes=Writes.NONE)
    target = Target(scripted.base_url, "the-key")
    list(run_stock(target, Plan(writes=Writes.NONE), gate, Effort(5, 5, 5)))
    assert len(scripted.seen) > 50
    assert {method for method, _, key in scripted.seen if key == "the-key"} == {"GET"}
    assert {path.split("?")[0] for _, path, _ in scripted.seen} == {"/api/v1/worker/tasks"}
    assert len(gate.exchanges) == len(scripted.seen)


def test_with_writes_all_that_the_engine_sends_has_passed_the_gate(scripted: Any) -> None:
    gate = gate_to(scripted)
    list(run_stock(Target(scripted.base_url, "the-key"), Plan(), gate, Effort(2, 2, 3)))
    assert [(each.method, each.path) for each in gate.exchanges] == [
        (method, path.split("?")[0]) for method, path, _ in scripted.seen
    ]
    assert {each.operation for each in gate.exchanges} >= set(strict_api().operations)


def test_no_request_more_than_the_most_is_sent(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=2)
    client = Client(gate, "the-key")
    client.tasks()
    client.tasks()
    with pytest.raises(Ended):
        client.tasks()
    assert len(scripted.seen) == 2
    assert gate.ended == "the run stopped at 2 requests"


def test_the_engine_stops_at_the_most_requests(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=30)
    list(run_stock(Target(scripted.base_url, "the-key"), Plan(), gate, Effort(50, 50, 5)))
    assert len(scripted.seen) == 30


def test_the_rate_keeps_requests_apart(scripted: Any) -> None:
    hands = Hands()
    client = Client(gate_to(scripted, hands, rate=4), "the-key")
    for _ in range(4):
        client.tasks()
    assert hands.waits == [0.25, 0.25, 0.25]


def test_nothing_is_sent_after_the_time_limit(scripted: Any) -> None:
    hands = Hands()
    client = Client(gate_to(scripted, hands, time_limit=60), "the-key")
    client.tasks()
    hands.now = 60.0
    with pytest.raises(Ended, match="after 60 s"):
        client.tasks()
    assert len(scripted.seen) == 1


def test_redirects_are_not_followed_and_cookies_not_kept(scripted: Any) -> None:
    scripted.status = 302
    scripted.headers = {"Location": "/api/v1/worker/health", "Set-Cookie": "a=b"}
    gate = gate_to(scripted)
    client = Client(gate, "the-key")
    assert client.tasks().status == 302
    client.tasks()
    assert len(scripted.seen) == 2
    assert "cookie" not in dict(gate.exchanges[1].request_headers)


def test_a_target_that_no_longer_answers_ends_the_run(scripted: Any) -> None:
    scripted.status = 0
    gate = gate_to(scripted)
    client = Client(gate, "the-key")
    assert [client.tasks().status for _ in range(3)] == [None, None, None]
    assert "no answer 3 times" in str(gate.ended)
    with pytest.raises(Ended):
        client.tasks()


def test_only_a_gated_session_can_open_the_gates_address() -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.Session().get(f"{GATE_URL}/tasks")


def test_a_gated_session_opens_no_other_address(scripted: Any) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        gate_to(scripted).session().get(f"{scripted.base_url}/tasks")
    assert scripted.seen == []
