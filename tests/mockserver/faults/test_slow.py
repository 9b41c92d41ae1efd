"""The faults that make an answer late or slow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mockserver.faults.fault_client import (
    BASE_PATH,
    CLOCK_TOLERANCE,
    AddTask,
    FaultClient,
    covers_fault,
    update_request,
)
from workerkit.mockserver.faults import FAULT_ACTIONS
from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.slow.latency_lognormal import LatencyLognormal
from workerkit.scenarios.faults.slow.latency_uniform import LatencyUniform


def test_the_world_changes_before_a_latency_ends(client: FaultClient, task: Task) -> None:
    client.add_fault("latency-fixed", seconds="1h")
    with client.open_connection(*update_request(task)):
        while task.status == "pending":
            client.run_in_server_thread(lambda: None)
    assert client.next_ended_exchange().why == "fault latency-fixed: 3600.000 s; the client went away"


@covers_fault("latency-fixed")
def test_latency_fixed_sends_the_answer_later(client: FaultClient, task: Task) -> None:
    client.add_fault("latency-fixed", seconds="150ms")
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (200, "closed", "running")
    assert received.seconds >= 0.15 * CLOCK_TOLERANCE
    assert client.next_ended_exchange().why == "fault latency-fixed: 0.150 s"


@covers_fault("latency-uniform")
@covers_fault("latency-lognormal")
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("latency-uniform", {"least": "50ms", "most": "60ms"}),
        ("latency-lognormal", {"median": "10s", "most": "50ms"}),
    ],
)
def test_a_random_latency_is_within_its_bounds(
    client: FaultClient, task: Task, kind: str, parameters: dict[str, str]
) -> None:
    client.add_fault(kind, **parameters)
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (200, "closed", "running")
    assert received.seconds >= 0.05 * CLOCK_TOLERANCE
    assert client.next_ended_exchange().why.startswith(f"fault {kind}: 0.05")


def random_delays(world: World, fault: Fault) -> list[float]:
    """2,001 delays in ascending order."""
    action = FAULT_ACTIONS[type(fault)](fault, ActiveFault(PlannedFault(fault), 0.0), world)
    assert isinstance(action, DelayAction)
    random = SeededRandom(1)
    return sorted(action.choose_delay(random) for _ in range(2001))


def test_latency_uniform_is_uniformly_distributed(world: World) -> None:
    delays = random_delays(world, LatencyUniform(1.0, 3.0))
    assert 1.0 <= delays[0] < 1.05
    assert 1.9 < delays[1000] < 2.1
    assert 2.95 < delays[-1] <= 3.0


def test_latency_lognormal_is_mostly_small_and_sometimes_large(world: World) -> None:
    delays = random_delays(world, LatencyLognormal(0.1, sigma=0.5, most=0.4))
    assert 0.095 < delays[1000] < 0.105
    assert delays[0] > 0
    assert 0.15 < delays[1683] < 0.18  # one sigma: exp(0.5) times the median
    assert delays[-1] == 0.4


def record_part_lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets the length of each part of a body when the server sends it.

    The client cannot count the parts, because the network may join them.
    """
    lengths: list[int] = []
    send_part = Delivery.send_part

    async def send_and_record(delivery: Delivery, data: bytes, *, last: bool) -> None:
        lengths.extend([len(data)] if data else [])
        await send_part(delivery, data, last=last)

    monkeypatch.setattr(Delivery, "send_part", send_and_record)
    return lengths


@covers_fault("bandwidth")
def test_bandwidth_sends_the_complete_body_slowly(
    client: FaultClient, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        add_task(status="pending")
    expected = client.send("GET", "/tasks").body
    client.add_fault("bandwidth", rate=20_000)
    lengths = record_part_lengths(monkeypatch)
    received = client.send("GET", "/tasks")
    assert received.body == expected
    assert received.seconds >= len(expected) / 20_000 * CLOCK_TOLERANCE > 0.05
    assert sum(lengths) == len(expected)
    assert len(lengths) > 2


@covers_fault("dribble")
def test_dribble_sends_pieces_over_the_given_time(
    client: FaultClient, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.add_fault("dribble", pieces=4, over="120ms")
    lengths = record_part_lengths(monkeypatch)
    received = client.send(*update_request(task))
    assert received.json["success"] is True
    assert received.seconds >= 0.12 * CLOCK_TOLERANCE
    assert (sum(lengths), len(lengths)) == (len(received.body), 4)
    assert client.next_ended_exchange().answer_body == received.body


def test_dribble_ends_when_the_client_closes_the_connection(client: FaultClient, task: Task) -> None:
    before = client.count_server_tasks()
    client.add_fault("dribble", pieces=2, over="1h")
    with client.open_connection(*update_request(task)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
    exchange = client.next_ended_exchange()
    assert exchange.status == 200
    assert 0 < len(exchange.answer_body) < 60
    assert exchange.why == "fault dribble; the client went away"
    client.wait_for_server_tasks(before)


def test_the_connection_stays_open_after_a_slow_answer(client: FaultClient, task: Task) -> None:
    client.add_fault("dribble", pieces=3, over="10ms", times=1)
    with (
        client.open_connection(*update_request(task), close=False) as connection,
        connection.makefile("rb") as lines,
    ):
        assert read_answer(lines) == (200, {"success": True, "data": {"updated": True, "link_id": task.id}})
        connection.sendall(f"GET {BASE_PATH}/nothing HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert read_answer(lines)[0] == 404


def read_answer(lines: Any) -> tuple[int, Any]:
    status = int(lines.readline().split()[1])
    length = 0
    while (line := lines.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
    return status, json.loads(lines.read(length))
