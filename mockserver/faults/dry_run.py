"""A copy of what a request would change, on which it can be acted without effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call


def stage(world: World, server: Server, call: Call) -> tuple[World, Server]:
    """A world that answers a request as the true one would, with the server whose request it is.

    It holds copies of the servers and of the tasks, requests and accounts that the request concerns.
    """
    staged = World(world.name, world.clock, Chance(0), world.api)
    for each in world.servers.values():
        staged.add_server(each.name, each.status, list(each.keys)).id = each.id
    for task in _concerned(world, server, call):
        request = staged.requests.get(task.request.id) or staged.add_request(replace(task.request))
        account = staged.accounts.get(task.account.id) or staged.add_account(replace(task.account))
        staged.add_task(replace(task, request=request, account=account))
    _add_subject(world, staged, call)
    return staged, staged.server(server.name)


def _concerned(world: World, server: Server, call: Call) -> list[Task]:
    """The tasks that a call names, else one that the server owes its say over a request or an account to."""
    named = {name.lower() for name in _names(call)}
    tasks = [world.tasks[each] for each in sorted(named) if each in world.tasks]
    if tasks or not named:
        return tasks
    own = (task for task in world.tasks.values() if task.server == server.name)
    return list(islice((task for task in own if named & {task.request.id, task.account.id}), 1))


def _add_subject(world: World, staged: World, call: Call) -> None:
    """Adds the request or account that a call is about, where none of the server's tasks belongs to it."""
    for name in map(str.lower, _names(call)):
        if name in world.requests and name not in staged.requests:
            staged.add_request(replace(world.requests[name]))
        if name in world.accounts and name not in staged.accounts:
            staged.add_account(replace(world.accounts[name]))


def _names(call: Call) -> Iterator[str]:
    """The ids in a call: its own, or those of its items."""
    body = call.body if isinstance(call.body, dict) else {}
    for each in (call.parameters, body, *body.get("items", ())):
        yield from (str(each[name]) for name in ("id", "link_id", "request_id", "account_id") if name in each)
