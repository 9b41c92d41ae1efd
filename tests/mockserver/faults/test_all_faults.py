"""Tests that concern all faults, or several faults together."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import time
from typing import Any

import pytest

from tests.mockserver.faults import test_mislead, test_refuse, test_slow, test_spoil
from tests.mockserver.faults.fault_client import (
    CLOCK_TOLERANCE,
    SECONDS,
    TESTED_FAULTS,
    AddTask,
    FaultClient,
    bulk_request,
    update_request,
)
from workerkit.mockserver.faults import FAULT_ACTIONS
from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.faults import FAULTS

# `TESTED_FAULTS` is filled when these files are imported.
FAMILIES = (test_mislead, test_refuse, test_slow, test_spoil)


def test_every_fault_has_an_action_and_a_test() -> None:
    assert set(FAULTS) == TESTED_FAULTS
    assert set(FAULTS.values()) == set(FAULT_ACTIONS)


def test_a_world_without_faults_answers_normally(client: FaultClient, task: Task) -> None:
    client.add_fault("status")
    client.clear_faults()
    assert client.send(*update_request(task)).status == 200
    assert client.next_ended_exchange().why == ""


def test_several_faults_apply_to_one_request(client: FaultClient, task: Task) -> None:
    client.add_fault("latency-fixed", seconds="50ms")
    client.add_fault("status", status=500)
    client.add_fault("reset-in-body")
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (500, "reset", "pending")
    assert received.seconds >= 0.05 * CLOCK_TOLERANCE
    assert (
        client.next_ended_exchange().why == "fault status; fault latency-fixed: 0.050 s; fault reset-in-body"
    )


def test_other_requests_are_answered_while_a_request_hangs(client: FaultClient, task: Task) -> None:
    client.add_fault("hang", times=1)
    with client.open_connection(*update_request(task)):
        client.wait_for_first_exchange()
        assert client.send(*update_request(task)).status == 200
    ended = [client.next_ended_exchange(), client.next_ended_exchange()]
    assert [exchange.number for exchange in ended] == [2, 1]
    assert [exchange.number for exchange in client.world.journal] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "parameters", "data"),
    [
        ("hang", {}, b""),
        ("lost-answer", {"by": "hang"}, b""),
        ("latency-fixed", {"seconds": "1h"}, b"HTTP/1.1 200"),
        ("dribble", {"over": "1h"}, b"HTTP/1.1 200"),
    ],
)
def test_faults_do_not_delay_the_stop_of_the_server(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    parameters: dict[str, str],
    data: bytes,
) -> None:
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 10 * SECONDS)
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=7)).world
    with WorldServer(worlds) as mock:
        client = FaultClient(mock, world, "server-01-key")
        client.add_fault(kind, **parameters)
        connection = client.open_connection("GET", "/tasks")
        client.wait_for_first_exchange()
        began = time.monotonic()
    assert time.monotonic() - began < SECONDS
    with connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer[:12] == data
    assert len(list(world.journal)) == 1
    assert client.next_ended_exchange().status == (200 if data else None)
    if data:
        assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["data"]) > 50
    assert not caplog.records


def read_statuses(connection: socket.socket, count: int) -> list[int]:
    """Reads `count` answers with JSON bodies from a connection. Returns their statuses."""
    data = b""
    while len(found := re.findall(rb"HTTP/1\.1 ([0-9]{3}) [^{]*\r\n\r\n\{[^\r]*\}(?=HTTP|$)", data)) < count:
        data += connection.recv(65536)
    return [int(status) for status in found]


def test_faults_apply_to_some_of_the_answers_on_one_connection(client: FaultClient, task: Task) -> None:
    with client.open_connection(*update_request(task), close=False) as connection:
        assert read_statuses(connection, 1) == [200]
        client.add_fault("status", nth=2)
        client.add_fault("latency-fixed", seconds="20ms", nth=3)
        for expected in (200, 503, 200):
            connection.sendall(client.request_bytes("POST", "/health", {}))
            assert read_statuses(connection, 1) == [expected]
        connection.sendall(client.request_bytes("POST", "/health", {}) * 2)
        client.clear_faults()
        assert read_statuses(connection, 2) == [200, 200]
        connection.sendall(client.request_bytes("POST", "/health", {}))
        assert read_statuses(connection, 1) == [200]
    reasons = [client.next_ended_exchange().why for _ in range(7)]
    assert reasons == ["", "", "fault status", "fault latency-fixed: 0.020 s", "", "", ""]


def test_requests_on_one_connection_wait_for_a_late_answer(client: FaultClient, task: Task) -> None:
    client.add_fault("latency-fixed", seconds="20ms", nth=1)
    with client.open_connection(*update_request(task), close=False) as connection:
        client.wait_for_first_exchange()
        client.clear_faults()
        connection.sendall(client.request_bytes("GET", "/nothing"))
        connection.sendall(client.request_bytes("POST", "/health", {}))
        assert read_statuses(connection, 3) == [200, 404, 200]
    assert [client.next_ended_exchange().number for _ in range(3)] == [1, 2, 3]


PARAMETERS: dict[str, dict[str, Any]] = {
    "latency-fixed": {"seconds": "1ms"},
    "latency-uniform": {"least": "0s", "most": "2ms"},
    "latency-lognormal": {"median": "1ms", "most": "5ms"},
    "bandwidth": {"rate": 10_000_000},
    "dribble": {"over": "2ms"},
    "skewed-time": {"by": "1h"},
    "lost-answer": {"by": "close"},
}


def test_three_hundred_faults_leave_no_tasks_and_no_open_files(
    client: FaultClient, add_task: AddTask
) -> None:
    tasks = [add_task(status="pending") for _ in range(20)]
    options = [
        bulk_request(tasks[:3]),
        update_request(tasks[4]),
        ("GET", "/tasks?limit=5", None),
        ("POST", "/health", {}),
    ]
    random_choice = random.Random(300)
    kinds = [kind for kind, fault in FAULTS.items() if not fault.needs_own_port]
    assert client.send("POST", "/health", {}).status == 200
    before, files = client.count_server_tasks(), len(os.listdir("/proc/self/fd"))
    for number in range(300):
        client.clear_faults()
        kind = kinds[number % len(kinds)]
        client.add_fault(kind, **PARAMETERS.get(kind, {}))
        if kind == "hang":
            client.open_connection(*random_choice.choice(options)).close()
        else:
            client.send(*random_choice.choice(options))
    client.clear_faults()
    assert client.send("POST", "/health", {}).status == 200
    client.wait_for_server_tasks(before)
    # An earlier test of this process may have left a file that was closed meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= files
    exchanges = [client.next_ended_exchange() for _ in range(client.world.journal.count)]
    assert 280 < len(exchanges) <= 302
    assert all(exchange.status != 500 or "partial-bulk" in exchange.why for exchange in exchanges)
