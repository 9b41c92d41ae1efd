"""A client of one world. It checks each answer with the spec of the world's dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import requests

from tests.mockserver.dialects.published_answers import assert_published_specs_accept
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.api import worker_api

Json = dict[str, Any]
CallControl = Callable[..., requests.Response]

UNKNOWN = "00000000-0000-4000-8000-000000000000"
MALFORMED = "not-a-uuid"
SECONDS = 120
HEARTBEAT = {
    "server_name": "server-01",
    "ip": "192.168.1.100",
    "cpu_usage": 45.5,
    "ram_usage": 60.2,
    "disk_usage": 30.0,
    "active_threads": 5,
    "active_tasks": 12,
}
LOG_ENTRY = {"level": "INFO", "message": "done"}
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
_BASE = "/api/v1/worker"


@dataclass(frozen=True)
class JsonAnswer:
    """A status and the JSON of the body."""

    status: int
    body: Any


@dataclass(frozen=True)
class DialectClient:
    """Sends requests to one world, to the Worker API and to the control plane.

    A test fails if an answer is not valid by the spec of the dialect, also as other tools get it.
    """

    base_url: str
    http: requests.Session
    control: CallControl
    world: World

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        server: str = "server-01",
        content_type: str | None = None,
    ) -> JsonAnswer:
        """Sends a request with the key of a server. The body is sent as JSON; bytes are sent unchanged."""
        headers = {"X-API-Key": f"{server}-key-{self.world.name}"}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = content_type or "application/json"
        url = self.base_url + path
        response = self.http.request(method, url, data=data, headers=headers, timeout=SECONDS)
        operation = worker_api(self.world.dialect).match(method, _BASE + path.partition("?")[0]).operation
        assert operation.answer_flaw(response.status_code, response.json()) is None
        assert_published_specs_accept(self.world.dialect, operation, response.status_code, response.json())
        assert response.headers["Content-Type"] == "application/json"
        return JsonAnswer(response.status_code, response.json())

    def list_tasks(self, query: str = "", **options: Any) -> JsonAnswer:
        """Sends GET /tasks."""
        return self.send("GET", f"/tasks?{query}", **options)

    def update_task(self, task: Json | str, body: Any, **options: Any) -> JsonAnswer:
        """Sends PUT /tasks/:id. `task` is a task or an id."""
        return self.send("PUT", f"/tasks/{task if isinstance(task, str) else task['id']}", body, **options)

    def bulk_update(self, *items: Json) -> JsonAnswer:
        """Sends PUT /tasks/bulk."""
        return self.send("PUT", "/tasks/bulk", {"items": list(items)})

    def post(self, path: str, body: Any, **options: Any) -> JsonAnswer:
        """Sends a POST request."""
        return self.send("POST", path, body, **options)

    def send_logs(self, *entries: Json) -> JsonAnswer:
        """Sends POST /logs."""
        return self.post("/logs", {"logs": list(entries)})

    def call_control(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the control plane for this world. Returns the JSON of the answer."""
        response = self.control(method, f"/worlds/{self.world.name}{path}", body)
        assert response.ok, response.text
        return response.json()

    def add_task(self, **fields: Any) -> Json:
        """Adds a task. Without the field `server` it belongs to server-01."""
        added: Json = self.call_control("POST", "/tasks", {"server": "server-01", **fields})["tasks"][0]
        return added

    def add_foreign_task(self, **fields: Any) -> Json:
        """Adds a task of server-02. It has its own customer's request and its own account."""
        return self.add_task(
            server="server-02", request_name="Foreign", email="foreign@mail.example", **fields
        )

    def current_task(self, task: Json) -> Json:
        """The current state of a task."""
        found: Json = next(other for other in self.state()["tasks"] if other["id"] == task["id"])
        return found

    def created_links(self, task: Json) -> int:
        """The value of `created_links` of the task's customer's request."""
        own = (request for request in self.state()["requests"] if request["id"] == task["request_id"])
        return int(next(own)["created_links"])

    def state(self) -> Json:
        """The state of the world without its time and its number of exchanges."""
        state: Json = self.call_control("GET", "")
        return {part: value for part, value in state.items() if part not in ("time", "exchanges")}

    def advance_clock(self, time: str) -> None:
        """Moves the world's clock forward, for example by `10s`."""
        self.call_control("POST", "/clock", {"advance": time})

    def freeze_clock(self, time: str) -> None:
        """Stops the world's clock at a time, for example 2025-12-01T10:00:00Z."""
        self.call_control("POST", "/clock", {"freeze": time})


OpenClient = Callable[[Mapping[str, str]], AbstractContextManager[DialectClient]]


def listed_ids(answer: JsonAnswer) -> list[str]:
    """The ids of the tasks on a page."""
    assert answer.status == 200
    return [task["id"] for task in answer.body["data"]]


def complete_against_flow(client: DialectClient, callback: str) -> set[int]:
    """The statuses of a callback that completes tasks whose status flow does not allow it."""
    body = {} if callback == "link/complete" else {"status": "completed"}
    answers = set()
    for status in sorted(set(STATUSES) - {"running", "completed"}):
        task = client.add_task(status=status, retry_count=3)
        assert client.update_task(task, {"status": "completed"}).status == 409
        answer = client.post(f"/callback/{callback}", {"link_id": task["id"], **body}).status
        assert client.current_task(task)["status"] == ("completed" if answer == 200 else status)
        answers.add(answer)
    return answers
