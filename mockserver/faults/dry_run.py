"""Makes a copy of the part of a world that a request can change. The operation can run on this copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_ID_FIELDS = ("id", "link_id", "request_id", "account_id")


def copy_for_dry_run(world: World, server: Server, call: Call) -> tuple[World, Server]:
    """Returns a copy of a world, and the copy of the server that sent the request.

    The copied world gives the same answer to the request as the real one. It contains all servers, and the
    tasks, customers' requests and accounts that the request needs.
    """
    copy = World(world.name, world.clock, SeededRandom(0), world.api)
    for original in world.servers.values():
        copy.add_server(original.name, original.status, list(original.keys)).id = original.id
    for task in _needed_tasks(world, server, call):
        request = copy.requests.get(task.request.id) or copy.add_request(replace(task.request))
        account = copy.accounts.get(task.account.id) or copy.add_account(replace(task.account))
        copy.add_task(replace(task, request=request, account=account))
    _add_subject(world, copy, call)
    return copy, copy.server(server.name)


def _needed_tasks(world: World, server: Server, call: Call) -> list[Task]:
    """The tasks whose ids are in the call.

    If there are none, one task of the server whose customer's request or account has an id in the call. The
    copy needs this task, because in some dialects a server may change only the customers' requests and
    accounts of its own tasks.
    """
    ids = {entity_id.lower() for entity_id in _ids(call)}
    tasks = [world.tasks[entity_id] for entity_id in sorted(ids) if entity_id in world.tasks]
    if tasks or not ids:
        return tasks
    own = (task for task in world.tasks.values() if task.server == server.name)
    return list(islice((task for task in own if ids & {task.request.id, task.account.id}), 1))


def _add_subject(world: World, copy: World, call: Call) -> None:
    """Adds the customer's request or account that the call names, if no copied task has added it already."""
    for entity_id in map(str.lower, _ids(call)):
        if entity_id in world.requests and entity_id not in copy.requests:
            copy.add_request(replace(world.requests[entity_id]))
        if entity_id in world.accounts and entity_id not in copy.accounts:
            copy.add_account(replace(world.accounts[entity_id]))


def _ids(call: Call) -> Iterator[str]:
    """The ids in the path, the body and the items of a call."""
    body = call.body if isinstance(call.body, dict) else {}
    for part in (call.parameters, body, *body.get("items", ())):
        yield from (str(part[name]) for name in _ID_FIELDS if name in part)
