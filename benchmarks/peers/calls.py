"""The requests that all servers get, and the fixed answers of servers without logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import heartbeat, update_task
from workerkit.mockserver.world.task_list import list_tasks
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.spec.api import worker_api

SEED = 1
TASKS = 100
_LINKS = {"link_profile": "https://example.com/profile/user123", "link_post": "https://example.com/post/456"}
_QUERY = "page=1&limit=100&status=pending"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation to measure.

    title: the heading in the tables.
    method: the HTTP method.
    path: the path template, without the base path.
    requests: pairs of target (path and query without the base path) and body, sent in turn.
    answer: the body of the fixed answer.
    schema: the JSON schema of the body. None if the operation has no body.
    """

    title: str
    method: str
    path: str
    requests: tuple[tuple[str, bytes], ...]
    answer: bytes
    schema: Mapping[str, Any] | None

    def request_bytes(self, base_path: str) -> list[bytes]:
        """Returns the requests as HTTP/1.1 bytes with the API key."""
        return [_request(self.method, base_path + target, body) for target, body in self.requests]


def headers(body: bytes) -> dict[str, str]:
    """Returns the headers that all requests with this body have."""
    return {"X-API-Key": EXAMPLE_KEY, **({"Content-Type": "application/json"} if body else {})}


def calls() -> tuple[Call, ...]:
    """Returns a heartbeat, updates and a list of 100 tasks. The bodies are the examples of the API page.

    Each update changes the status: completed, running, and so on. The list does not have the updated tasks.
    """
    world = WorldBuilder(seed=SEED, with_tasks=False)(DEFAULT).world
    running = [create_task(world, fields) for fields in additions("running")]
    for fields in additions("pending"):
        create_task(world, fields)
    return _heartbeat(world), _update(world, running), _page(world)


def additions(status: str) -> list[dict[str, Any]]:
    """Returns the bodies of control-plane calls that add 100 tasks. The ids are always the same."""
    number = 1 if status == "running" else 2
    return [{"id": f"00000000-0000-4000-800{number}-{place:012}", "status": status} for place in range(TASKS)]


def _heartbeat(world: World) -> Call:
    body = _example("heartbeat")
    return _call(world, "heartbeat", "POST /health", (("/health", orjson.dumps(body)),), heartbeat)


def _update(world: World, tasks: Sequence[Task]) -> Call:
    requests = tuple(
        (f"/tasks/{task.id}", orjson.dumps({"status": status, **_LINKS}))
        for status in ("completed", "running")
        for task in tasks
    )
    return _call(world, "updateTask", "PUT /tasks/:id", requests, update_task)


def _page(world: World) -> Call:
    return _call(world, "listTasks", f"GET /tasks, {TASKS} tasks", ((f"/tasks?{_QUERY}", b""),), list_tasks)


def _call(world: World, name: str, title: str, requests: tuple[tuple[str, bytes], ...], handle: Any) -> Call:
    operation = world.api.operations[name]
    target, body = requests[0]
    path, _, query = target.partition("?")
    server = world.server("server-01")
    values = {"id": path.rpartition("/")[2]} if operation.path_parameters else {}
    answer = orjson.dumps(handle(world, server, operation.parse_request(values, query, body)))
    short_path = operation.path.removeprefix(worker_api().base_path)
    return Call(title, operation.method, short_path, requests, answer, _schema(short_path, operation.method))


def _schema(path: str, method: str) -> dict[str, Any] | None:
    """Returns the schema of an operation's body as one document. None if the operation has no body."""
    document = worker_api().document
    body = document.root["paths"][path][method.lower()].get("requestBody")
    if body is None:
        return None
    schema = document.follow(body["content"]["application/json"]["schema"])
    return {**schema, "components": {"schemas": document.root["components"]["schemas"]}}


def _example(operation: str) -> Any:
    for item in worker_api().document.root["paths"].values():
        for source in item.values():
            if isinstance(source, dict) and source.get("operationId") == operation:
                return source["requestBody"]["content"]["application/json"]["examples"]["page"]["value"]
    raise KeyError(operation)


def _request(method: str, target: str, body: bytes) -> bytes:
    fields = {"Host": "127.0.0.1", **headers(body), **({"Content-Length": str(len(body))} if body else {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body
