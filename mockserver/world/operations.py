"""What each operation of the API does to a world, and what it answers. One function an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.refusal import (
    InvalidRequestError,
    NotFoundError,
    NotYourTaskError,
    StatusFlowError,
)
from workerkit.mockserver.world.task_list import list_tasks
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]
Handler = Callable[[World, Server, Call], Json]


def heartbeat(world: World, server: Server, call: Call) -> Json:
    """POST /health: stores the heartbeat."""
    world.beat(server, _fields(call, call.body))
    reported = world.dialect["heartbeat-name"] == "reported"
    return {
        "success": True,
        "data": {
            "status": "ok",
            "server_id": server.id,
            "server_name": call.body.get("server_name", server.name) if reported else server.name,
            "server_time": world.write(world.clock.now()),
        },
    }


def update_task(world: World, server: Server, call: Call) -> Json:
    """PUT /tasks/:id: changes one task of the server's own."""
    task = world.own_task(server, call.parameters["id"])
    world.update_task(task, _fields(call, call.body))
    return _updated("link_id", task.id)


def bulk_update_tasks(world: World, server: Server, call: Call) -> Json:
    """PUT /tasks/bulk: changes each item's task, whatever becomes of the others."""
    items = call.body["items"]
    if world.dialect["bulk-duplicate"] == "reject":
        _refuse_doubles([item["link_id"].lower() for item in items])
    results = [_bulk_result(world, server, call, place) for place in range(len(items))]
    succeeded = sum(result["success"] for result in results)
    return {
        "total": len(results),
        "success": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }


def send_logs(world: World, server: Server, call: Call) -> Json:
    """POST /logs: stores a batch of entries."""
    entries = [entry for place, entry in enumerate(call.body["logs"]) if place not in call.flaws]
    return {"success": True, "created": world.log(server, entries)}


def update_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/update: changes one task of the server's own."""
    task = world.own_task(server, call.body["link_id"])
    world.update_task(task, _fields(call, call.body), bound=world.dialect["link-update-flow"] == "bound")
    return _called_back(world, "link_id", task.id)


def complete_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/complete: completes one task of the server's own and counts it on its request."""
    task = world.own_task(server, call.body["link_id"])
    world.complete(task, _fields(call, call.body))
    return _called_back(world, "link_id", task.id)


def set_request_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/request/status: sets the status of a request of one of the server's tasks."""
    request = world.related(server, "request", call.body["request_id"])
    world.set_status(request, call.body["status"])
    return _called_back(world, "request_id", request.id)


def set_account_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/account/status: sets the status of an account of one of the server's tasks."""
    account = world.related(server, "account", call.body["account_id"])
    world.set_status(account, call.body["status"])
    return _called_back(world, "account_id", account.id)


HANDLERS: dict[str, Handler] = {
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


def _refuse_doubles(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise InvalidRequestError("body/items: a link_id stands there twice")


def _bulk_result(world: World, server: Server, call: Call, place: int) -> Json:
    item = call.body["items"][place]
    try:
        if place in call.flaws:
            raise InvalidRequestError(str(call.flaws[place]))
        task = world.own_task(server, item["link_id"])
        world.update_task(task, _fields(call, item))
    except NotFoundError:
        return _failed(item, world.dialect["bulk-missing-code"])
    except (NotYourTaskError, InvalidRequestError, StatusFlowError) as refusal:
        return _failed(item, world.api.error_code(refusal.status))
    return {"link_id": task.id, "success": True}


def _failed(item: Json, code: str) -> Json:
    return {"link_id": item["link_id"], "success": False, "error": code}


def _fields(call: Call, body: Json) -> Json:
    described = call.operation.described
    if described.issuperset(body):
        return body
    return {name: value for name, value in body.items() if name in described}


def _called_back(world: World, id_name: str, entity_id: str) -> Json:
    brief = world.dialect["callback-body"] == "success-only"
    return {"success": True} if brief else _updated(id_name, entity_id)


def _updated(id_name: str, entity_id: str) -> Json:
    return {"success": True, "data": {"updated": True, id_name: entity_id}}
