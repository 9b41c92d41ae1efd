"""GET /tasks: lists the tasks of a server, by page number or after a cursor."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError
from workerkit.mockserver.world.world import World
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]


def list_tasks(world: World, server: Server, call: Call) -> Json:
    """One page of the server's tasks: the page after the cursor `after` if it is given, else page `page`.

    In some dialects, the pending tasks of the page become queued. The page shows the new status. Its tasks,
    `total` and `next_cursor` are those from before this step.

    Raises InvalidRequestError or NotFoundError if the dialect refuses the cursor.
    """
    cursor = _cursor(world, server, call)
    found = _page_and_one_more(world, server, call.parameters, cursor)
    limit = call.parameters["limit"]
    tasks, is_last = found[:limit], len(found) <= limit
    total = _total(world, server, call.parameters, cursor)
    if world.hands_out_tasks:
        world.hand_out(tasks)
    return {
        "server_id": server.id,
        "server_name": server.name,
        "data": world.list_items(tasks),
        "total": total,
        "page": call.parameters["page"],
        "limit": limit,
        **_next_cursor(world, call, tasks, is_last=is_last),
    }


class _EndOfList:
    """The cursor of a page that must be empty: no task comes after it."""


_END_OF_LIST = _EndOfList()
_Cursor = int | _EndOfList | None


def _cursor(world: World, server: Server, call: Call) -> _Cursor:
    """The place of the task that the cursor `after` names.

    None if the request has no cursor, or if the world answers an unknown cursor with the first page.
    """
    if "after" not in call.given_parameters:
        return None
    if "page" in call.given_parameters and world.dialect["cursor-with-page"] == "reject":
        raise InvalidRequestError(phrase("query: give either after or page, not both"))
    task = world.tasks.get(call.parameters["after"].lower())
    known = task is not None and (task.server == server.name or world.dialect["foreign-cursor"] == "position")
    return task.place if known and task is not None else _unknown_cursor(world, call.parameters["after"])


def _unknown_cursor(world: World, after: str) -> _Cursor:
    match world.dialect["unknown-cursor"]:
        case "reject":
            raise InvalidRequestError(phrase("query/after: this server has no task {after}", after=after))
        case "not-found":
            raise NotFoundError(phrase("query/after: this server has no task {after}", after=after))
        case "first-page":
            return None
    return _END_OF_LIST


def _page_and_one_more(world: World, server: Server, parameters: Json, cursor: _Cursor) -> list[Task]:
    backlog, limit = world.backlog(server), parameters["limit"] + 1
    if isinstance(cursor, _EndOfList):
        return []
    if cursor is not None:
        return backlog.after(parameters["status"], parameters["service_type"], place=cursor, limit=limit)
    skip = 0 if parameters["after"] is not None else (parameters["page"] - 1) * parameters["limit"]
    return backlog.page(parameters["status"], parameters["service_type"], skip=skip, limit=limit)


def _total(world: World, server: Server, parameters: Json, cursor: _Cursor) -> int:
    backlog = world.backlog(server)
    if cursor is None or world.dialect["total-with-cursor"] == "all":
        return backlog.count(parameters["status"], parameters["service_type"])
    if isinstance(cursor, _EndOfList):
        return 0
    return backlog.count_after(parameters["status"], parameters["service_type"], place=cursor)


def _next_cursor(world: World, call: Call, tasks: list[Task], *, is_last: bool) -> Json:
    on_last_page = world.dialect["last-cursor"]
    if is_last and on_last_page == "absent":
        return {}
    if "after" not in call.given_parameters and world.dialect["first-cursor"] != "given":
        return {"next_cursor": None} if world.dialect["first-cursor"] == "null" else {}
    has_cursor = tasks and not (is_last and on_last_page == "null")
    return {"next_cursor": tasks[-1].id if has_cursor else None}
