"""GET /tasks: a page of a server's tasks, by offset or by cursor."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]


def list_tasks(world: World, server: Server, call: Call) -> Json:
    """A page of the server's tasks: after `after` where that is given, else the `page`th.

    Raises Invalid and NotFound for a cursor, where the dialect refuses it.
    """
    cursor = _cursor(world, server, call)
    found = _page_and_one_more(world, server, call.parameters, cursor)
    limit = call.parameters["limit"]
    tasks, is_last = found[:limit], len(found) <= limit
    return {
        "server_id": server.id,
        "server_name": server.name,
        "data": world.listed(tasks),
        "total": _total(world, server, call.parameters, cursor),
        "page": call.parameters["page"],
        "limit": limit,
        **_next_cursor(world, tasks, is_last=is_last),
    }


class _Nowhere:
    """The place of a cursor after which nothing comes."""


_NOWHERE = _Nowhere()
_Cursor = int | _Nowhere | None


def _cursor(world: World, server: Server, call: Call) -> _Cursor:
    """The place that the page begins after; None for a page by offset."""
    if "after" not in call.given:
        return None
    if "page" in call.given and world.dialect["cursor-with-page"] == "reject":
        raise InvalidRequestError("query: after and page are both given")
    task = world.tasks.get(call.parameters["after"].lower())
    known = task is not None and (task.server == server.name or world.dialect["foreign-cursor"] == "position")
    return task.place if known and task is not None else _unknown(world, call.parameters["after"])


def _unknown(world: World, after: str) -> _Cursor:
    match world.dialect["unknown-cursor"]:
        case "reject":
            raise InvalidRequestError(f"query/after: {after} is no task of this server")
        case "not-found":
            raise NotFoundError(f"query/after: {after} is no task of this server")
        case "first-page":
            return None
    return _NOWHERE


def _page_and_one_more(world: World, server: Server, asked: Json, cursor: _Cursor) -> list[Task]:
    backlog, most = world.backlog(server), asked["limit"] + 1
    if isinstance(cursor, _Nowhere):
        return []
    if cursor is not None:
        return backlog.after(asked["status"], asked["service_type"], place=cursor, most=most)
    skip = 0 if asked["after"] is not None else (asked["page"] - 1) * asked["limit"]
    return backlog.page(asked["status"], asked["service_type"], skip=skip, most=most)


def _total(world: World, server: Server, asked: Json, cursor: _Cursor) -> int:
    backlog = world.backlog(server)
    if cursor is None or world.dialect["total-with-cursor"] == "all":
        return backlog.count(asked["status"], asked["service_type"])
    if isinstance(cursor, _Nowhere):
        return 0
    return backlog.count_after(asked["status"], asked["service_type"], place=cursor)


def _next_cursor(world: World, tasks: list[Task], *, is_last: bool) -> Json:
    on_last = world.dialect["last-cursor"]
    if is_last and on_last == "absent":
        return {}
    shown = tasks and not (is_last and on_last == "null")
    return {"next_cursor": tasks[-1].id if shown else None}
