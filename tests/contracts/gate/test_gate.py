"""The gate, watched at the server's end of the wire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
import requests

from workerkit.contracts.gate.client import NO_KEY, Client
from workerkit.contracts.gate.gate import GATE_URL, Cause, Gate, RunEndedError, WithheldError
from workerkit.contracts.generated.schemathesis_checks import CheckBudget, run_stock
from workerkit.contracts.target.fake_ids import fake_id, fake_key
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.spec.api import worker_api

TASK = "/tasks/6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


@dataclass
class Hands:
    """A clock that moves only when somebody waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> RunClock:
        return RunClock(lambda: self.now, lambda: self.now, lambda seconds: self.wait(seconds))


def gate_to(scripted: Any, hands: Hands | None = None, **bounds: Any) -> Gate:
    target = Target(scripted.base_url, "the-key", "other-key", "inactive-key")
    clock = (hands or Hands()).clock()
    return Gate(target, Plan(**bounds), worker_api(), clock=clock, watcher=lambda _: None)


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
    with pytest.raises(WithheldError):
        gate.session().request(method, GATE_URL + path, headers={"X-API-Key": key}, data="{}")
    assert scripted.seen == []
    assert gate.exchanges == []
    assert len(gate.withheld) == 1


@pytest.mark.parametrize("url", ["http+gate://target/api/v1/workers/tasks", "http+gate://elsewhere/tasks"])
def test_what_is_not_below_the_base_path_never_leaves(scripted: Any, url: str) -> None:
    with pytest.raises(WithheldError):
        gate_to(scripted, writes=Writes.ALL).session().get(url)
    assert scripted.seen == []


@pytest.mark.parametrize("key", [NO_KEY, fake_key(Random(1))])
def test_without_writes_a_request_that_its_key_condemns_is_sent(scripted: Any, key: str) -> None:
    task = f"/tasks/{fake_id(Random(1))}"
    Client(gate_to(scripted, writes=Writes.NONE), "the-key").send("PUT", task, {}, key=key)
    assert scripted.seen == [("PUT", f"/api/v1/worker{task}", key or None)]


def test_without_writes_the_engine_sends_reads_and_requests_without_the_key_only(scripted: Any) -> None:
    gate = gate_to(scripted, writes=Writes.NONE)
    target = Target(scripted.base_url, "the-key")
    list(run_stock(target, Plan(writes=Writes.NONE), gate, CheckBudget(5, 5, 5)))
    assert len(scripted.seen) > 50
    assert {method for method, _, key in scripted.seen if key == "the-key"} == {"GET"}
    assert {path.split("?")[0] for _, path, _ in scripted.seen} == {"/api/v1/worker/tasks"}
    assert len(gate.exchanges) == len(scripted.seen)
    assert gate.withheld == []


def test_with_writes_all_that_the_engine_sends_has_passed_the_gate(scripted: Any) -> None:
    gate = gate_to(scripted)
    list(run_stock(Target(scripted.base_url, "the-key"), Plan(), gate, CheckBudget(2, 2, 3)))
    assert [(exchange.method, exchange.path) for exchange in gate.exchanges] == [
        (method, path.split("?")[0]) for method, path, _ in scripted.seen
    ]
    assert {exchange.operation for exchange in gate.exchanges} >= set(worker_api().operations)


def test_no_request_more_than_the_most_is_sent(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=2)
    client = Client(gate, "the-key")
    client.tasks()
    client.tasks()
    with pytest.raises(RunEndedError):
        client.tasks()
    assert len(scripted.seen) == 2
    assert gate.ended == "the run stopped at 2 requests, as --max-requests says"


def test_the_engine_stops_at_the_most_requests(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=30)
    list(run_stock(Target(scripted.base_url, "the-key"), Plan(), gate, CheckBudget(50, 50, 5)))
    assert len(scripted.seen) == 30


def test_the_rate_keeps_requests_apart(scripted: Any) -> None:
    hands = Hands()
    client = Client(gate_to(scripted, hands, rate=4), "the-key")
    for _ in range(4):
        client.tasks()
    assert hands.waits == [0.25, 0.25, 0.25]


def test_a_429_is_waited_for_as_long_as_it_asks_and_sent_again(scripted: Any) -> None:
    hands = Hands()
    gate = gate_to(scripted, hands)
    scripted.status, scripted.headers = 429, {"Retry-After": "7"}

    def relent(seconds: float) -> None:
        Hands.wait(hands, seconds)
        scripted.status, scripted.headers = 200, {}

    hands.__dict__["wait"] = relent
    assert Client(gate, "the-key").tasks().status == 200
    assert hands.waits == [7.0]
    assert [exchange.status for exchange in gate.exchanges] == [429, 200]
    assert gate.ended is None


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({}, [1.0, 2.0, 4.0, 8.0]),
        ({"Retry-After": "soon"}, [1.0, 2.0, 4.0, 8.0]),
        ({"Retry-After": "6"}, [6.0] * 5),
        ({"Retry-After": "20"}, [20.0]),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:25 GMT"}, [25.0, *[1.0] * 5]),
        ({"Retry-After": "3600"}, []),
    ],
)
def test_a_target_that_keeps_answering_429_is_left_alone_in_the_end(
    scripted: Any, headers: dict[str, str], waits: list[float]
) -> None:
    hands = Hands()
    gate = gate_to(scripted, hands)
    scripted.status, scripted.headers = 429, headers
    assert Client(gate, "the-key").tasks().status == 429
    assert [wait for wait in hands.waits if wait >= 1] == waits
    assert "429" in str(gate.ended)
    assert gate.cause is Cause.TARGET


def test_a_429_that_asks_for_more_than_the_time_limit_ends_the_run(scripted: Any) -> None:
    hands = Hands()
    gate = gate_to(scripted, hands, time_limit=5)
    scripted.status, scripted.headers = 429, {"Retry-After": "6"}
    Client(gate, "the-key").tasks()
    assert hands.waits == []
    assert "more than is left" in str(gate.ended)


def test_threads_send_side_by_side_and_none_more_than_the_most(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=20)
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(Client(gate, "the-key").tasks) for _ in range(30)]
    assert sum(isinstance(each.exception(), RunEndedError) for each in done) == 10
    assert [exchange.number for exchange in gate.exchanges] == list(range(1, 21))


def test_nothing_is_sent_after_the_time_limit(scripted: Any) -> None:
    hands = Hands()
    client = Client(gate_to(scripted, hands, time_limit=60), "the-key")
    client.tasks()
    hands.now = 60.0
    with pytest.raises(RunEndedError, match="after 60 s"):
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
    with pytest.raises(RunEndedError):
        client.tasks()


def test_only_a_gated_session_can_open_the_gates_address() -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.Session().get(f"{GATE_URL}/tasks")


def test_a_gated_session_opens_no_other_address(scripted: Any) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        gate_to(scripted).session().get(f"{scripted.base_url}/tasks")
    assert scripted.seen == []
