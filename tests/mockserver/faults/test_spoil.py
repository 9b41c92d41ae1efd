"""The faults that break an answer. The world still changes."""

from __future__ import annotations

import json
import socket

import pytest
import requests

from tests.mockserver.faults.fault_client import (
    SECONDS,
    AddTask,
    FaultClient,
    ReceivedAnswer,
    covers_fault,
    update_request,
)
from workerkit.mockserver.world.entities import Task


def content_length(received: ReceivedAnswer) -> int:
    return int(received.headers["content-length"])


@covers_fault("reset-in-body")
@covers_fault("close-in-body")
@pytest.mark.parametrize(("kind", "end"), [("reset-in-body", "reset"), ("close-in-body", "closed")])
def test_the_body_ends_too_early(client: FaultClient, task: Task, kind: str, end: str) -> None:
    client.add_fault(kind, share=0.25)
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (200, end, "running")
    assert len(received.body) == content_length(received) // 4 > 0
    exchange = client.next_ended_exchange()
    assert (exchange.status, exchange.answer_body, exchange.why) == (200, received.body, f"fault {kind}")


@pytest.mark.parametrize(("kind", "end"), [("reset-in-body", "reset"), ("close-in-body", "closed")])
@pytest.mark.parametrize("share", [0, 1])
def test_at_least_one_byte_of_the_body_is_missing(
    client: FaultClient, task: Task, kind: str, end: str, share: float
) -> None:
    client.add_fault(kind, share=share)
    received = client.send(*update_request(task))
    assert (received.end, len(received.body)) == (end, share * (content_length(received) - 1))


def test_a_slow_client_gets_half_of_a_large_body_before_the_reset(
    client: FaultClient, add_task: AddTask
) -> None:
    add_task(status="pending", details="x" * 6_000_000)
    client.add_fault("reset-in-body", share=0.5)
    with client.open_connection("GET", "/tasks") as connection:
        client.wait_for_first_exchange()
        received, end = read_slowly(connection)
    length = int(received.partition(b"content-length: ")[2].split()[0])
    assert (end, len(received.partition(b"\r\n\r\n")[2])) == ("reset", length // 2)
    assert len(client.next_ended_exchange().answer_body) == length // 2


def read_slowly(connection: socket.socket) -> tuple[bytes, str]:
    """Reads small parts until the connection ends. Returns the bytes and `reset` or `closed`."""
    received = bytearray()
    try:
        while part := connection.recv(4096):
            received += part
    except ConnectionResetError:
        return bytes(received), "reset"
    return bytes(received), "closed"


@covers_fault("malformed-chunk")
def test_malformed_chunk_sends_a_valid_chunk_first(client: FaultClient, task: Task) -> None:
    client.add_fault("malformed-chunk", share=0.5)
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (200, "closed", "running")
    assert received.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in received.headers
    size, _, rest = received.body.partition(b"\r\n")
    first, second = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    assert second.startswith(b"chunk\r\n")
    assert json.loads(first + second[7:-2])["success"] is True
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{client.mock.base_url}/tasks", headers={"X-API-Key": client.key}, timeout=SECONDS)


@covers_fault("truncated-json")
def test_truncated_json_is_valid_http(client: FaultClient, task: Task) -> None:
    client.add_fault("truncated-json", share=0.9)
    received = client.send(*update_request(task))
    assert (received.status, received.end, task.status) == (200, "closed", "running")
    assert content_length(received) == len(received.body) > 0
    with pytest.raises(json.JSONDecodeError):
        received.json  # noqa: B018 - the property parses the body
    assert client.next_ended_exchange().answer_body == received.body


@covers_fault("wrong-content-type")
@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", "missing"])
def test_wrong_content_type_changes_or_removes_the_header(
    client: FaultClient, task: Task, content_type: str
) -> None:
    client.add_fault("wrong-content-type", content_type=content_type)
    received = client.send(*update_request(task))
    assert received.headers.get("content-type", "missing") == content_type
    assert received.json["success"] is True
    assert task.status == "running"
    assert dict(client.next_ended_exchange().answer_headers).get("content-type", "missing") == content_type


@covers_fault("garbage")
def test_garbage_is_not_http(client: FaultClient, task: Task) -> None:
    client.add_fault("garbage", length=300)
    first, second = client.send(*update_request(task)), client.send(*update_request(task))
    assert (len(first.data), first.end, task.status) == (300, "closed", "running")
    assert not first.data.startswith(b"HTTP/")
    assert first.data != second.data
    exchange = client.next_ended_exchange()
    assert (exchange.status, exchange.answer_body) == (None, first.data)
