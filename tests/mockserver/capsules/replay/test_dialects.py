"""Recordings of servers of other dialects are replayed in reconstructed worlds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.dialect import dialect_of

HEARTBEAT = {"server_name": "server-01", "ip": "10.0.0.1", "cpu_usage": 1.5, "ram_usage": 2.5}
MORE_METRICS = {"disk_usage": 3.5, "active_threads": 4, "active_tasks": 3.0}


@dataclass
class RecordedServer:
    """A server of a dialect with seven pending tasks. Its exchanges are recorded."""

    app: WorkerApp
    task_ids: list[str]

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        headers = decode_headers([(b"x-api-key", b"server-01-key"), (b"content-type", kind.encode())])
        path, _, query = path.partition("?")
        request = Request(method, f"/api/v1/worker{path}", query, headers, content, is_too_large=False)
        return json.loads(self.app.answer(request).body)

    def update(self, body: Any, kind: str = "application/json") -> Any:
        return self.send("PUT", f"/tasks/{self.task_ids[0]}", body, kind)


def recording(choices: dict[str, str], send_requests: Callable[[RecordedServer], object]) -> Capsule:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=3, dialect=dialect_of(choices), with_tasks=False)).world
    ids = [create_task(world, {"server": "server-01", "about": ""}).id for _ in range(7)]
    send_requests(RecordedServer(WorkerApp(worlds), ids))
    return Capsule(world.clock.begin, tuple(RecordedExchange.of(exchange) for exchange in world.journal))


def list_pending(server: RecordedServer) -> None:
    for query in ("limit=3", "limit=3", "limit=3&page=2", ""):
        server.send("GET", f"/tasks?status=pending&{query}")
    server.send("GET", "/tasks?status=queued")


def page_by_number(server: RecordedServer) -> None:
    for page in (1, 2):
        server.send("GET", f"/tasks?status=pending&limit=3&page={page}")


def ignore_and_count(server: RecordedServer) -> None:
    server.send("GET", "/tasks?limit=2")
    server.update({"status": "completed"}, "text/plain")
    server.send("GET", "/tasks?limit=2")
    server.send("GET", "/tasks?limit=2&page=3")


def page_by_cursor(server: RecordedServer) -> None:
    page = server.send("GET", "/tasks?status=pending&limit=3")
    while page["next_cursor"]:
        page = server.send("GET", f"/tasks?status=pending&limit=3&after={page['next_cursor']}")
    server.send("GET", "/tasks?status=pending,queued")


def list_twice(server: RecordedServer) -> None:
    server.send("GET", "/tasks?status=queued")
    server.send("GET", "/tasks")
    server.send("GET", "/tasks?status=queued&limit=2")


def list_and_send_no_url(server: RecordedServer) -> None:
    server.send("GET", "/tasks")
    server.update({"link_post": "0"})


def lose_an_update(server: RecordedServer) -> None:
    server.send("GET", "/tasks")
    server.update({"status": "running"}, "text/plain")
    server.send("GET", "/tasks")


def use_callbacks(server: RecordedServer) -> None:
    page = server.send("GET", "/tasks")
    server.send("POST", "/callback/link/complete", {"link_id": server.task_ids[0]})
    request_id = page["data"][1]["request_id"]
    server.send("POST", "/callback/request/status", {"request_id": request_id, "status": "active"})
    server.send("GET", "/tasks?status=pending,completed")


def use_times(server: RecordedServer) -> None:
    server.send("POST", "/health", HEARTBEAT)
    server.update({"status": "running", "link_post": "https://a.example"})
    server.send("GET", "/tasks?status=pending,running")


@pytest.mark.parametrize(
    ("choices", "send_requests"),
    [
        (
            {"integer-spelling": "digits"},
            lambda server: server.send("POST", "/health", HEARTBEAT | MORE_METRICS),
        ),
        ({"loose-types": "convert"}, lambda server: server.update({"link_post": 5})),
        ({"link-format": "url"}, list_and_send_no_url),
        ({"missing-body": "empty"}, lambda server: server.update(None)),
        ({"unknown-parameter": "reject"}, lambda server: server.send("GET", "/tasks?colour=red")),
        ({"listing": "hands-out"}, list_pending),
        ({"listing": "hands-out"}, page_by_number),
        ({"listing": "hands-out"}, page_by_cursor),
        ({"listing": "hands-out"}, list_twice),
        ({"content-type": "ignored", "missing-body": "empty"}, lose_an_update),
        ({"content-type": "ignored", "missing-body": "empty"}, ignore_and_count),
    ],
)
def test_a_replay_finds_the_dialect_of_the_recorded_server(
    choices: dict[str, str], send_requests: Callable[[RecordedServer], object]
) -> None:
    result = replay(recording(choices, send_requests), name="c.yaml")
    assert result.difference is None
    assert result.dialect == dialect_of(choices)


@pytest.mark.parametrize(
    ("choices", "send_requests"),
    [
        ({"content-type": "ignored"}, lose_an_update),
        ({"null-in-task": "any"}, use_callbacks),
        ({"null-in-task": "any"}, use_times),
        ({"callback-body": "updated"}, use_callbacks),
        ({"callback-body": "success-only"}, use_callbacks),
        ({"time-precision": "microseconds"}, use_times),
        ({"time-precision": "offset"}, use_times),
    ],
)
def test_a_recording_of_another_dialect_is_reproduced(
    choices: dict[str, str], send_requests: Callable[[RecordedServer], object]
) -> None:
    assert replay(recording(choices, send_requests), name="c.yaml").difference is None
