"""The operations of the API. Each function changes the world and returns the JSON of the answer."""

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
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]
Handler = Callable[[World, Server, Call], Json]


def heartbeat(world: World, server: Server, call: Call) -> Json:
    """POST /health: stores the heartbeat."""
    world.store_heartbeat(server, _described_fields(call, call.body))
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
    """PUT /tasks/:id: changes one task of the server."""
    task = world.own_task(server, call.parameters["id"])
    world.update_task(task, _described_fields(call, call.body))
    return _updated(id_field="link_id", entity_id=task.id)


def bulk_update_tasks(world: World, server: Server, call: Call) -> Json:
    """PUT /tasks/bulk: changes the task of each item. A refused item does not stop the other items."""
    items = call.body["items"]
    if world.dialect["bulk-duplicate"] == "reject":
        _refuse_duplicates([item["link_id"].lower() for item in items])
    results = [_bulk_result(world, server, call, index) for index in range(len(items))]
    succeeded = sum(result["success"] for result in results)
    return {
        "total": len(results),
        "success": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }


def send_logs(world: World, server: Server, call: Call) -> Json:
    """POST /logs: stores the valid entries."""
    entries = [entry for index, entry in enumerate(call.body["logs"]) if index not in call.member_flaws]
    return {"success": True, "created": world.store_logs(server, entries)}


def update_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/update: changes one task of the server."""
    task = world.own_task(server, call.body["link_id"])
    check_flow = world.dialect["link-update-flow"] == "bound"
    world.update_task(task, _described_fields(call, call.body), check_flow=check_flow)
    return _callback_answer(world, id_field="link_id", entity_id=task.id)


def complete_link(world: World, server: Server, call: Call) -> Json:
    """POST /callback/link/complete: completes one task, and counts it in `created_links` of its request."""
    task = world.own_task(server, call.body["link_id"])
    world.complete_task(task, _described_fields(call, call.body))
    return _callback_answer(world, id_field="link_id", entity_id=task.id)


def set_request_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/request/status: sets the status of a customer's request."""
    request = world.related_entity(server, "request", call.body["request_id"])
    world.set_status(request, call.body["status"])
    return _callback_answer(world, id_field="request_id", entity_id=request.id)


def set_account_status(world: World, server: Server, call: Call) -> Json:
    """POST /callback/account/status: sets the status of an account."""
    account = world.related_entity(server, "account", call.body["account_id"])
    world.set_status(account, call.body["status"])
    return _callback_answer(world, id_field="account_id", entity_id=account.id)


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
    """Checks that a server may change an entity.

    kind: `task`, `request` or `account`.

    Raises NotFoundError if there is no such entity, NotYourTaskError if the server may not change it.
    """
    if kind == "task":
        world.own_task(server, entity_id)
    else:
        world.related_entity(server, kind, entity_id)


def _refuse_duplicates(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise InvalidRequestError(phrase("body/items: two items have the same link_id"))


def _bulk_result(world: World, server: Server, call: Call, index: int) -> Json:
    item = call.body["items"][index]
    try:
        if index in call.member_flaws:
            raise InvalidRequestError(str(call.member_flaws[index]))
        task = world.own_task(server, item["link_id"])
        world.update_task(task, _described_fields(call, item))
    except NotFoundError:
        return _failed_result(item, world.dialect["bulk-missing-code"])
    except (NotYourTaskError, InvalidRequestError, StatusFlowError) as refusal:
        return _failed_result(item, world.api.error_code(refusal.status))
    return {"link_id": task.id, "success": True}


def _failed_result(item: Json, code: str) -> Json:
    return {"link_id": item["link_id"], "success": False, "error": code}


def _described_fields(call: Call, body: Json) -> Json:
    described = call.operation.body_field_names
    if described.issuperset(body):
        return body
    return {name: value for name, value in body.items() if name in described}


def _callback_answer(world: World, *, id_field: str, entity_id: str) -> Json:
    match world.dialect["callback-body"]:
        case "success-only":
            return {"success": True}
        case "updated":
            return {"success": True, "data": {"updated": True}}
    return _updated(id_field=id_field, entity_id=entity_id)


def _updated(*, id_field: str, entity_id: str) -> Json:
    return {"success": True, "data": {"updated": True, id_field: entity_id}}
