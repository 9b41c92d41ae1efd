"""The gate: what it sends, what it does not send, and when it stops. A real server receives the requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
import requests

from tests.contracts.fake_clock import FakeClock
from workerkit.contracts.gate.client import NO_KEY, Client
from workerkit.contracts.gate.gate import GATE_URL, EndCause, Gate, RunEndedError, WithheldError
from workerkit.contracts.generated.schemathesis_checks import SchemathesisBudget, run_schemathesis
from workerkit.contracts.target.fake_ids import fake_id, fake_key
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.spec.api import worker_api

TASK = "/tasks/6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


def gate_to(scripted: Any, clock: FakeClock | None = None, **bounds: Any) -> Gate:
    target = Target(scripted.base_url, "the-key", "other-key", "inactive-key")
    run_clock = (clock or FakeClock()).run_clock()
    return Gate(target, Plan(**bounds), worker_api(), clock=run_clock, watcher=lambda _: None)


def test_every_exchange_is_recorded_as_it_was_sent(scripted: Any) -> None:
    gate = gate_to(scripted)
    exchange = Client(gate, "the-key").send("PUT", TASK, {"status": "running"})
    assert scripted.received == [("PUT", f"/api/v1/worker{TASK}", "the-key")]
    assert (exchange.operation, exchange.path, exchange.status) == (
        "updateTask",
        f"/api/v1/worker{TASK}",
        200,
    )
    assert exchange.request_json() == {"status": "running"}
    assert gate.exchanges == [exchange]


def test_the_path_before_the_base_path_is_kept_and_not_recorded(scripted: Any) -> None:
    scripted.base_url = scripted.base_url.replace("/api/v1/worker", "/staging/api/v1/worker")
    exchange = Client(gate_to(scripted), "the-key").get_tasks(limit=1)
    assert scripted.received[0][1] == "/staging/api/v1/worker/tasks?limit=1"
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
def test_without_writes_no_request_is_sent_that_could_change_something(
    scripted: Any, method: str, path: str, key: str
) -> None:
    gate = gate_to(scripted, writes=Writes.NONE)
    with pytest.raises(WithheldError):
        gate.session().request(method, GATE_URL + path, headers={"X-API-Key": key}, data="{}")
    assert scripted.received == []
    assert gate.exchanges == []
    assert len(gate.withheld) == 1


@pytest.mark.parametrize("url", ["http+gate://target/api/v1/workers/tasks", "http+gate://elsewhere/tasks"])
def test_a_request_outside_the_base_path_is_never_sent(scripted: Any, url: str) -> None:
    with pytest.raises(WithheldError):
        gate_to(scripted, writes=Writes.ALL).session().get(url)
    assert scripted.received == []


@pytest.mark.parametrize("key", [NO_KEY, fake_key(Random(1))])
def test_without_writes_a_request_with_a_fake_key_or_no_key_is_sent(scripted: Any, key: str) -> None:
    task = f"/tasks/{fake_id(Random(1))}"
    Client(gate_to(scripted, writes=Writes.NONE), "the-key").send("PUT", task, {}, key=key)
    assert scripted.received == [("PUT", f"/api/v1/worker{task}", key or None)]


def test_without_writes_schemathesis_sends_only_lists(scripted: Any) -> None:
    gate = gate_to(scripted, writes=Writes.NONE)
    target = Target(scripted.base_url, "the-key")
    list(run_schemathesis(target, Plan(writes=Writes.NONE), gate, SchemathesisBudget(5)))
    assert len(scripted.received) > 5
    assert {method for method, _, key in scripted.received if key == "the-key"} == {"GET"}
    assert {path.split("?")[0] for _, path, _ in scripted.received} == {"/api/v1/worker/tasks"}
    assert len(gate.exchanges) == len(scripted.received)
    assert gate.withheld == []


def test_all_requests_of_schemathesis_pass_through_the_gate(scripted: Any) -> None:
    gate = gate_to(scripted)
    list(run_schemathesis(Target(scripted.base_url, "the-key"), Plan(), gate, SchemathesisBudget(2)))
    assert [(exchange.method, exchange.path) for exchange in gate.exchanges] == [
        (method, path.split("?")[0]) for method, path, _ in scripted.received
    ]
    assert {exchange.operation for exchange in gate.exchanges} >= set(worker_api().operations)


def test_no_more_than_max_requests_are_sent(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=2)
    client = Client(gate, "the-key")
    client.get_tasks()
    client.get_tasks()
    with pytest.raises(RunEndedError):
        client.get_tasks()
    assert len(scripted.received) == 2
    assert gate.end_reason == "the run stopped at 2 requests, as --max-requests says"


def test_schemathesis_stops_at_max_requests(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=30)
    list(run_schemathesis(Target(scripted.base_url, "the-key"), Plan(), gate, SchemathesisBudget(50)))
    assert len(scripted.received) == 30


def test_the_rate_makes_pauses_between_requests(scripted: Any) -> None:
    clock = FakeClock()
    client = Client(gate_to(scripted, clock, rate=4), "the-key")
    for _ in range(4):
        client.get_tasks()
    assert clock.waits == [0.25, 0.25, 0.25]


def test_after_429_the_gate_waits_and_sends_the_request_again(scripted: Any) -> None:
    clock = FakeClock()
    gate = gate_to(scripted, clock)
    scripted.status, scripted.headers = 429, {"Retry-After": "7"}

    def end_throttling() -> None:
        scripted.status, scripted.headers = 200, {}

    clock.after_wait = end_throttling
    assert Client(gate, "the-key").get_tasks().status == 200
    assert clock.waits == [7.0]
    assert [exchange.status for exchange in gate.exchanges] == [429, 200]
    assert gate.end_reason is None


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
def test_a_target_that_keeps_answering_429_ends_the_run(
    scripted: Any, headers: dict[str, str], waits: list[float]
) -> None:
    clock = FakeClock()
    gate = gate_to(scripted, clock)
    scripted.status, scripted.headers = 429, headers
    assert Client(gate, "the-key").get_tasks().status == 429
    assert [wait for wait in clock.waits if wait >= 1] == waits
    assert "429" in str(gate.end_reason)
    assert gate.end_cause is EndCause.TARGET


def test_a_429_that_demands_a_wait_beyond_the_time_limit_ends_the_run(scripted: Any) -> None:
    clock = FakeClock()
    gate = gate_to(scripted, clock, time_limit=5)
    scripted.status, scripted.headers = 429, {"Retry-After": "6"}
    Client(gate, "the-key").get_tasks()
    assert clock.waits == []
    assert "the time limit does not allow a wait of 6 s" in str(gate.end_reason)


def test_several_threads_together_send_no_more_than_max_requests(scripted: Any) -> None:
    gate = gate_to(scripted, max_requests=20)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(Client(gate, "the-key").get_tasks) for _ in range(30)]
    assert sum(isinstance(future.exception(), RunEndedError) for future in futures) == 10
    assert [exchange.number for exchange in gate.exchanges] == list(range(1, 21))


def test_nothing_is_sent_after_the_time_limit(scripted: Any) -> None:
    clock = FakeClock()
    client = Client(gate_to(scripted, clock, time_limit=60), "the-key")
    client.get_tasks()
    clock.now = 60.0
    with pytest.raises(RunEndedError, match="after 60 s"):
        client.get_tasks()
    assert len(scripted.received) == 1


def test_redirects_are_not_followed_and_cookies_are_not_kept(scripted: Any) -> None:
    scripted.status = 302
    scripted.headers = {"Location": "/api/v1/worker/health", "Set-Cookie": "a=b"}
    gate = gate_to(scripted)
    client = Client(gate, "the-key")
    assert client.get_tasks().status == 302
    client.get_tasks()
    assert len(scripted.received) == 2
    assert "cookie" not in dict(gate.exchanges[1].request_headers)


def test_an_ordinary_session_cannot_open_the_address_of_the_gate() -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.Session().get(f"{GATE_URL}/tasks")


def test_a_gated_session_cannot_open_another_address(scripted: Any) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        gate_to(scripted).session().get(f"{scripted.base_url}/tasks")
    assert scripted.received == []
