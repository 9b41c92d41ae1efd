"""Calls all operations with a client of openapi-python-client."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from client import AuthenticatedClient
from client.api.callbacks import complete_link, set_account_status, set_request_status, update_link
from client.api.health import heartbeat
from client.api.logs import send_logs
from client.api.tasks import bulk_update_tasks, list_tasks, update_task
from client.models import (
    AccountStatus,
    ApiError,
    BulkItem,
    BulkUpdate,
    Heartbeat,
    LinkCompletion,
    LinkUpdate,
    LogBatch,
    LogEntry,
    LogLevel,
    RequestStatus,
    TaskStatus,
    TaskUpdate,
)
from world import SETTINGS, WRONG_KEY, show

T = TypeVar("T")


def client_with(key: str) -> AuthenticatedClient:
    return AuthenticatedClient(SETTINGS["base_url"], token=key, prefix="", auth_header_name="X-API-Key")


def good(answer: ApiError | T | None) -> T:
    assert answer is not None
    assert not isinstance(answer, ApiError)
    return answer


def code(answer: object) -> str:
    assert isinstance(answer, ApiError)
    return answer.error


api = client_with(SETTINGS["api_key"])
foreign, unknown = UUID(SETTINGS["foreign_task"]), UUID(SETTINGS["unknown_task"])
running = TaskUpdate(status=TaskStatus.RUNNING)

beat = Heartbeat(server_name=SETTINGS["server_name"], cpu_usage=4.5)
show("heartbeat", good(heartbeat.sync(client=api, body=beat)).data.server_name)
# With two statuses this client would send `status=pending&status=queued`: it does not read `explode: false`.
page = good(list_tasks.sync(client=api, limit=2))
first, second = page.data
show("listTasks", f"{first.id} of {page.total}")
assert page.next_cursor is not None
last = good(list_tasks.sync(client=api, limit=2, after=page.next_cursor))
show("nextPage", last.data[0].id if last.next_cursor is None else "there is a next page")
show("updateTask", good(update_task.sync(first.id, client=api, body=running)).data.link_id)
items = [BulkItem(link_id=first.id, status=TaskStatus.COMPLETED), BulkItem(link_id=foreign, note="x")]
show(
    "bulkUpdateTasks", good(bulk_update_tasks.sync(client=api, body=BulkUpdate(items=items))).results[1].error
)
logs = LogBatch(logs=[LogEntry(level=LogLevel.INFO, message="done")])
show("sendLogs", good(send_logs.sync(client=api, body=logs)).created)
link = LinkUpdate(link_id=second.id, status=TaskStatus.RUNNING)
show("updateLink", good(update_link.sync(client=api, body=link)).data.link_id)
show(
    "completeLink", good(complete_link.sync(client=api, body=LinkCompletion(link_id=second.id))).data.link_id
)
request = RequestStatus(request_id=first.request_id, status="completed")
show("setRequestStatus", good(set_request_status.sync(client=api, body=request)).data.request_id)
account = AccountStatus(account_id=UUID(SETTINGS["account"]), status="active")
show("setAccountStatus", good(set_account_status.sync(client=api, body=account)).data.account_id)
completed = good(list_tasks.sync(client=api, status=[TaskStatus.COMPLETED])).data
show("completed", next(task.id for task in completed if task.id == second.id and task.started_at is not None))

show("400", code(list_tasks.sync(client=api, after=unknown)))
show("401", code(list_tasks.sync(client=client_with(WRONG_KEY))))
show("403", code(update_task.sync(foreign, client=api, body=running)))
show("404", code(update_task.sync(unknown, client=api, body=running)))
