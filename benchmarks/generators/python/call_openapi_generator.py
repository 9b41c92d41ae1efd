"""Calls all operations with a client of openapi-generator."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import client
from client.exceptions import ApiException
from world import SETTINGS, WRONG_KEY, show


def client_with(key: str) -> client.ApiClient:
    return client.ApiClient(client.Configuration(host=SETTINGS["base_url"], api_key={"serverKey": key}))


def code(call: Callable[[], object]) -> str:
    try:
        call()
    except ApiException as error:
        return error.data.error if isinstance(error.data, client.ApiError) else "no type"
    return "no error"


api = client_with(SETTINGS["api_key"])
tasks, callbacks = client.TasksApi(api), client.CallbacksApi(api)
foreign, unknown = UUID(SETTINGS["foreign_task"]), UUID(SETTINGS["unknown_task"])
running = client.TaskUpdate(status=client.TaskStatus.RUNNING)
waiting = [client.TaskStatus.PENDING, client.TaskStatus.QUEUED]

beat = client.Heartbeat(server_name=SETTINGS["server_name"], cpu_usage=4.5)
show("heartbeat", client.HealthApi(api).heartbeat(beat).data.server_name)
page = tasks.list_tasks(limit=2, status=waiting)
first, second = page.data
show("listTasks", f"{first.id} of {page.total}")
last = tasks.list_tasks(limit=2, after=page.next_cursor)
show("nextPage", last.data[0].id if last.next_cursor is None else "there is a next page")
show("updateTask", tasks.update_task(first.id, running).data.link_id)
items = [
    client.BulkItem(link_id=first.id, status=client.TaskStatus.COMPLETED),
    client.BulkItem(link_id=foreign, note="x"),
]
error = tasks.bulk_update_tasks(client.BulkUpdate(items=items)).results[1].error
show("bulkUpdateTasks", error.value if error else None)
logs = client.LogBatch(logs=[client.LogEntry(level=client.LogLevel.INFO, message="done")])
show("sendLogs", client.LogsApi(api).send_logs(logs).created)
link = client.LinkUpdate(link_id=second.id, status=client.TaskStatus.RUNNING)
show("updateLink", callbacks.update_link(link).data.link_id)
show("completeLink", callbacks.complete_link(client.LinkCompletion(link_id=second.id)).data.link_id)
request = client.RequestStatus(request_id=first.request_id, status="completed")
show("setRequestStatus", callbacks.set_request_status(request).data.request_id)
account = client.AccountStatus(account_id=UUID(SETTINGS["account"]), status="active")
show("setAccountStatus", callbacks.set_account_status(account).data.account_id)
completed = tasks.list_tasks(status=[client.TaskStatus.COMPLETED]).data
show("completed", next(task.id for task in completed if task.id == second.id and task.started_at is not None))

show("400", code(lambda: tasks.list_tasks(after=unknown)))
show("401", code(lambda: client.TasksApi(client_with(WRONG_KEY)).list_tasks()))
show("403", code(lambda: tasks.update_task(foreign, running)))
show("404", code(lambda: tasks.update_task(unknown, running)))
