"""What each operation of the API does to a world, and what it answers. One function an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.entities import Server, Task
from workerkit.mockserver.refusal import NotFound, NotYours, Refusal
from workerkit.mockserver.world import World
from workerkit.openapi.instant import written
from workerkit.openapi.operation import Call

Json = dict[str, Any]
Act = Callable[[World, Server, Call], Json]


def heartbeat(world: World, server: Server, call: Call) -> Json:
    """POST /health: stores the heartbeat."""
    world.beat(server, call.body)
    return {
        "success": True,
        "data": {
            "status": "ok",
            "server_id": server.id,
            "server_name": server.name,
            "server_time": written(world.clock.now()),
        },
    }


def list_tasks(world: World, server: Server, call: Call) -> Json:
    """GET /tasks: a page of the server's tasks, by offset or, where `after` is given, by cursor."""
    asked = call.parameters
    limit: int = asked["limit"]
    found = _page_and_one_more(world, server, asked)
    tasks, more = found[:limit], len(found) > limit
    return {
        "server_id": server.id,
        "server_name": server.name,
        "data": [task.listed() for task in tasks],
        "total": world.backlog(server).count(asked["status"], asked["service_type"]),
        "page": asked["page"],
        "limit": limit,
        "next_cursor": tasks[-1].id if more else None,
    }


def update_task(world: World, server: Server, call: Call) -> Json:
    """PUT /tasks/:id: changes one task of the server's own."""
    return _update(world, server, call.parameters["id"], _fields(call, call.body))


def bulk_update_tasks(world: World, server: Server, call: Call) -> Json:
    """PUT /tasks/bulk: changes each item's task, whatever becomes of the others."""
    results = [_bulk_result(world, server, _fields(call, item)) for item in call.body["items"]]
    succeeded = sum(result["success"] for result in results)
    return {
        "total": len(results),
        "success": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }


def send_logs(world: World, server: Server, call: Call) -> Json:
    """POST /logs: stores a batch of entries."""
    return {"success": True, "created": world.log(server, call.body["logs"])}


def update_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/update: changes one task of the server's own."""
    return _update(world, server, call.body["link_id"], _fields(call, call.body))


def complete_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/complete: completes one task of the server's own and counts it on its request."""
    task = world.own_task(server, call.body["link_id"])
    world.complete(task, _fields(call, call.body))
    return _updated("link_id", task.id)


def set_request_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/request/status: sets the status of a request of one of the server's tasks."""
    request = world.related(server, "request", call.body["request_id"])
    request.status = call.body["status"]
    return _updated("request_id", request.id)


def set_account_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/account/status: sets the status of an account of one of the server's tasks."""
    account = world.related(server, "account", call.body["account_id"])
    account.status = call.body["status"]
    return _updated("account_id", account.id)


ACTS: dict[str, Act] = {
    "heartbeat": heartbeat,
    "listTasks": list_tasks,
    "updateTask": update_task,
    "bulkUpdateTasks": bulk_update_tasks,
    "sendLogs": send_logs,
    "updateLink": update_link,
    "completeLink": complete_link,
    "setRequestStatus": set_request_status,
    "setAccountStatus": set_account_status,
}


def check_subject(world: World, server: Server, kind: str, entity_id: str) -> None:
    """Raises NotFound or NotYours where a server may not change the task, request or account of an id."""
    if kind == "task":
        world.own_task(server, entity_id)
    else:
        world.related(server, kind, entity_id)


def _page_and_one_more(world: World, server: Server, asked: Json) -> list[Task]:
    backlog, most = world.backlog(server), asked["limit"] + 1
    if asked["after"] is None:
        skip = (asked["page"] - 1) * asked["limit"]
        return backlog.page(asked["status"], asked["service_type"], skip=skip, most=most)
    try:
        cursor = world.own_task(server, asked["after"])
    except (NotFound, NotYours):
        return []
    return backlog.after(asked["status"], asked["service_type"], place=cursor.place, most=most)


def _bulk_result(world: World, server: Server, item: Json) -> Json:
    try:
        task = world.own_task(server, item["link_id"])
    except Refusal as refusal:
        return {"link_id": item["link_id"], "success": False, "error": _BULK_CODES[type(refusal)]}
    world.change_task(task, item)
    return {"link_id": task.id, "success": True}


_BULK_CODES: dict[type[Refusal], str] = {NotYours: "not_your_task", NotFound: "not_found"}


def _fields(call: Call, body: Json) -> Json:
    return {name: value for name, value in body.items() if name in call.operation.described}


def _update(world: World, server: Server, task_id: str, fields: Json) -> Json:
    task = world.own_task(server, task_id)
    world.change_task(task, fields)
    return _updated("link_id", task.id)


def _updated(id_name: str, entity_id: str) -> Json:
    return {"success": True, "data": {"updated": True, id_name: entity_id}}
