"""Calls all operations with models of datamodel-code-generator."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import httpx
from client import (
    AccountStatus,
    AccountStatusAnswer,
    ApiError,
    BulkAnswer,
    BulkItem,
    BulkUpdate,
    Heartbeat,
    HeartbeatAnswer,
    LinkCompletion,
    LinkUpdate,
    LinkUpdateAnswer,
    LogAnswer,
    LogBatch,
    LogEntry,
    LogLevel,
    RequestStatus,
    RequestStatusAnswer,
    TaskPage,
    TaskStatus,
    TaskUpdate,
    Uuid,
)
from pydantic import BaseModel
from world import SETTINGS, WRONG_KEY, show

M = TypeVar("M", bound=BaseModel)


def send(
    method: str, path: str, body: BaseModel | None = None, key: str = SETTINGS["api_key"]
) -> httpx.Response:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    content = None if body is None else body.model_dump_json(exclude_none=True)
    return httpx.request(method, SETTINGS["base_url"] + path, content=content, headers=headers)


def good(answer_type: type[M], response: httpx.Response) -> M:
    assert response.status_code == 200
    return answer_type.model_validate_json(response.content)


def code(response: httpx.Response) -> str:
    return ApiError.model_validate_json(response.content).error


def text(identifier: Uuid | UUID) -> str:
    """An id as text. A model that can be null is a plain UUID if the document is OpenAPI 3.0."""
    return str(identifier.root if isinstance(identifier, Uuid) else identifier)


foreign, unknown = SETTINGS["foreign_task"], SETTINGS["unknown_task"]
running = TaskUpdate(status=TaskStatus.running)

beat = Heartbeat(server_name=SETTINGS["server_name"], cpu_usage=4.5)
show("heartbeat", good(HeartbeatAnswer, send("POST", "/health", beat)).data.server_name)
page = good(TaskPage, send("GET", "/tasks?limit=2&status=pending,queued"))
first, second = page.data
show("listTasks", f"{first.id.root} of {page.total.root}")
assert page.next_cursor is not None
last = good(TaskPage, send("GET", f"/tasks?limit=2&after={text(page.next_cursor)}"))
show("nextPage", last.data[0].id.root if last.next_cursor is None else "there is a next page")
update = good(LinkUpdateAnswer, send("PUT", f"/tasks/{first.id.root}", running))
show("updateTask", update.data.link_id.root)
bulk = BulkUpdate(
    items=[
        BulkItem(link_id=first.id, status=TaskStatus.completed),
        BulkItem(link_id=Uuid(UUID(foreign)), note="x"),
    ]
)
error = good(BulkAnswer, send("PUT", "/tasks/bulk", bulk)).results[1].error
show("bulkUpdateTasks", error.value if error else None)
logs = LogBatch(logs=[LogEntry(level=LogLevel.INFO, message="done")])
show("sendLogs", good(LogAnswer, send("POST", "/logs", logs)).created.root)
link = LinkUpdate(link_id=second.id, status=TaskStatus.running)
show("updateLink", good(LinkUpdateAnswer, send("POST", "/callback/link/update", link)).data.link_id.root)
completion = LinkCompletion(link_id=second.id)
answer = good(LinkUpdateAnswer, send("POST", "/callback/link/complete", completion))
show("completeLink", answer.data.link_id.root)
request = RequestStatus(request_id=first.request_id, status="completed")
request_answer = good(RequestStatusAnswer, send("POST", "/callback/request/status", request))
show("setRequestStatus", request_answer.data.request_id.root)
account = AccountStatus(account_id=Uuid(UUID(SETTINGS["account"])), status="active")
account_answer = good(AccountStatusAnswer, send("POST", "/callback/account/status", account))
show("setAccountStatus", account_answer.data.account_id.root)
completed = good(TaskPage, send("GET", "/tasks?status=completed")).data
show(
    "completed",
    next(task.id.root for task in completed if task.id == second.id and task.started_at is not None),
)

show("400", code(send("GET", f"/tasks?after={unknown}")))
show("401", code(send("GET", "/tasks", key=WRONG_KEY)))
show("403", code(send("PUT", f"/tasks/{foreign}", running)))
show("404", code(send("PUT", f"/tasks/{unknown}", running)))
