"""The faults that refuse a request or do not answer it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.mockserver.faults.fault_client import Call, FaultClient, covers_fault, update_request
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.formats.http_date import read_http_date


@covers_fault("status")
def test_status_can_send_retry_after_as_a_date(client: FaultClient) -> None:
    client.add_fault("status", status=429, retry_after=7, retry_after_as="date")
    client.add_fault("rate-limit", allowed=0, per="7s", retry_after_as="date")
    dates = [client.send("GET", "/tasks").headers["retry-after"]]
    client.world.faults.pop(0)
    dates.append(client.send("GET", "/tasks").headers["retry-after"])
    begin = client.world.clock.begin
    for date in dates:
        assert begin + 7 <= (read_http_date(date) or 0) <= client.world.clock.now() + 8


def test_status_answers_with_the_status_and_retry_after(client: FaultClient, task: Task) -> None:
    client.add_fault("status", status=502, retry_after=7)
    received = client.send(*update_request(task))
    assert (received.status, received.headers["retry-after"], received.end) == (502, "7", "closed")
    assert received.json == {"success": False, "error": "bad_gateway"}
    assert task.status == "pending"
    exchange = client.next_ended_exchange()
    assert (exchange.status, exchange.answer_body, exchange.why) == (502, received.body, "fault status")


def test_status_also_refuses_unknown_paths_and_keys(client: FaultClient, call: Call) -> None:
    client.add_fault("status")
    assert client.send("GET", "/nothing").status == 503
    assert call("GET", "/tasks", key="unknown").status_code == 503
    assert "retry-after" not in client.send("GET", "/tasks").headers


def test_status_uses_the_error_code_of_the_status(client: FaultClient) -> None:
    for status, code in ((500, "internal_error"), (404, "not_found"), (504, "gateway_timeout")):
        client.clear_faults()
        client.add_fault("status", status=status)
        received = client.send("GET", "/tasks")
        assert (received.status, received.json) == (status, {"success": False, "error": code})


@covers_fault("key-refused")
def test_key_refused_refuses_a_valid_key_for_a_given_time(
    client: FaultClient, task: Task, world: World
) -> None:
    client.add_fault("key-refused", **{"for": "10s"})
    received = client.send(*update_request(task))
    assert (received.status, received.json) == (401, {"success": False, "error": "unauthorized"})
    assert task.status == "pending"
    assert not world.servers["server-01"].revoked
    client.run_in_server_thread(lambda: world.clock.advance(10.0))
    assert client.send(*update_request(task)).status == 200
    assert task.status == "running"


@covers_fault("rate-limit")
def test_rate_limit_refuses_too_many_requests_until_the_time_is_over(
    client: FaultClient, task: Task, world: World
) -> None:
    client.add_fault("rate-limit", allowed=2, per="10s", operation="updateTask")
    assert [client.send(*update_request(task)).status for _ in range(2)] == [200, 200]
    client.run_in_server_thread(lambda: world.clock.advance(4.0))
    refused = client.send(*update_request(task, "completed"))
    assert (refused.status, refused.headers["retry-after"]) == (429, "6")
    assert refused.json == {"success": False, "error": "too_many_requests"}
    assert client.send(*update_request(task, "completed")).status == 429
    assert task.status == "running"
    assert client.send("POST", "/health", {}).status == 200
    client.run_in_server_thread(lambda: world.clock.advance(6.0))
    assert client.send(*update_request(task, "completed")).status == 200
    assert [client.next_ended_exchange().why for _ in range(6)] == ["", "", *["fault rate-limit"] * 2, "", ""]


@covers_fault("hang")
def test_hang_sends_nothing_until_the_client_closes_the_connection(client: FaultClient, task: Task) -> None:
    before = client.count_server_tasks()
    client.add_fault("hang")
    connection = client.open_connection(*update_request(task))
    client.wait_for_first_exchange()
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    begun = client.run_in_server_thread(lambda: list(client.world.journal)[-1])
    assert (begun.status, begun.why, client.count_server_tasks()) == (None, "fault hang", before + 1)
    connection.close()
    exchange = client.next_ended_exchange()
    assert (exchange.number, exchange.status, exchange.answer_body) == (begun.number, None, b"")
    assert exchange.why == "fault hang; the client went away"
    assert client.run_in_server_thread(lambda: list(client.world.journal)) == [exchange]
    assert task.status == "pending"


@covers_fault("reset")
def test_reset_resets_the_connection_before_any_byte(client: FaultClient, task: Task) -> None:
    client.add_fault("reset")
    received = client.send(*update_request(task))
    assert (received.data, received.end, task.status) == (b"", "reset", "pending")
    exchange = client.next_ended_exchange()
    assert (exchange.status, exchange.answer_headers, exchange.why) == (None, (), "fault reset")


@covers_fault("empty-answer")
def test_empty_answer_closes_the_connection_before_any_byte(client: FaultClient, task: Task) -> None:
    client.add_fault("empty-answer")
    received = client.send(*update_request(task))
    assert (received.data, received.end, task.status) == (b"", "closed", "pending")
    assert (client.next_ended_exchange().status, client.world.journal.count) == (None, 1)


@covers_fault("down")
def test_down_resets_the_connection_and_refuses_the_next_ones() -> None:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=7)).world
    task = next(iter(world.tasks.values()))
    status = task.status
    with WorldServer(worlds) as mock:
        world.close_port = mock.close_port
        client = FaultClient(mock, world, "server-01-key")
        client.add_fault("down", seconds="1h", nth=1)
        received = client.send(*update_request(task, "completed"))
        assert (received.data, received.end, task.status) == (b"", "reset", status)
        with pytest.raises(ConnectionRefusedError):
            client.send("GET", "/tasks")
        exchange = client.next_ended_exchange()
        assert (exchange.status, exchange.why) == (None, "fault down: the port is closed for 3600s")
        mock.run_in_server_thread(lambda: mock.close_port(0.0))
        while world.journal.count < 2:
            with suppress(ConnectionRefusedError):
                assert client.send(*update_request(task, "completed")).status == 200


def test_down_is_refused_where_other_worlds_use_the_same_port(client: FaultClient) -> None:
    with pytest.raises(InvalidRequestError, match="body/fault: the fault down closes the port of the mock"):
        client.add_fault("down")
    assert client.send("POST", "/health", {}).status == 200
