"""Follows the cursor of a task whose status has changed since it was listed, as a worker does."""

from __future__ import annotations

from workerkit.contracts.relations.listed_tasks import Task, next_status, usable_tasks_in
from workerkit.contracts.relations.request_text import request_text
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_RULE = "list-after"
_LIMIT = 10
_FEWEST = 3


def follow_changed_cursor(context: RunContext) -> None:
    """Lists tasks, changes the status of one task, and lists the tasks after it. They must be as before.

    A worker changes the tasks of a page before it asks for the next page. So when the last task of a page is
    used as the cursor, it often does not match the filter any more.
    """
    if context.ledger.has_finding(_RULE):
        return
    for status in dict.fromkeys(str(task["status"]) for task in context.tasks):
        before = context.client.get_tasks(status=status, limit=_LIMIT)
        task = _task_to_change(context, before)
        if task is not None:
            _change_and_follow(context, status, before, task)
            return


def _task_to_change(context: RunContext, before: Exchange) -> Task | None:
    """An unused listed task with a task before it and a task after it. None if there is no such task."""
    listed = usable_tasks_in(before)
    if len(listed) < _FEWEST:
        return None
    unused = {task["id"] for task in context.tasks}
    return next((task for task in listed[1:-1] if task["id"] in unused), None)


def _change_and_follow(context: RunContext, status: str, before: Exchange, task: Task) -> None:
    change = context.client.send("PUT", f"/tasks/{task['id']}", {"status": next_status(status)})
    if not context.expect_status("update", change):
        return
    context.tasks = [other for other in context.tasks if other["id"] != task["id"]]
    after = context.client.get_tasks(status=status, limit=_LIMIT, after=task["id"])
    expected = _ids_behind(before, task)
    if _ids(after)[: len(expected)] == expected:
        context.ledger.record_check(_RULE, None, before, change, after)
    elif _is_in_place(context, status, before, task):
        flaw = _flaw(after, before, task, status)
        context.ledger.record_check(_RULE, flaw, before, change, after)


def _is_in_place(context: RunContext, status: str, before: Exchange, task: Task) -> bool:
    """True if the other tasks have not changed, and the changed task has kept its place in the order.

    If a server orders tasks by the time of the last change, the changed task gets another place.
    """
    others = [task_id for task_id in _ids(before) if task_id != task["id"]]
    again = context.client.get_tasks(status=status, limit=_LIMIT)
    place = context.client.get_tasks(status=f"{status},{next_status(status)}", limit=context.highest_limit)
    places = [task_id for task_id in _ids(place) if task_id in set(_ids(before))]
    return _ids(again)[: len(others)] == others and places == _ids(before)


def _flaw(after: Exchange, before: Exchange, task: Task, status: str) -> str:
    start = phrase(
        "task {id} was listed as {status} and then set to {next_status}. With it as the "
        "cursor, {request_text}",
        id=task["id"],
        status=status,
        next_status=next_status(status),
        request_text=request_text(after),
    )
    if not after.accepted:
        return phrase(
            "{start} was answered {status}, so a worker that changes tasks cannot get the next page",
            start=start,
            status=after.status,
        )
    ids, expected = _ids(after), _ids_behind(before, task)
    if not ids:
        return phrase(
            "{start} lists nothing, but {expected_count} or more tasks come after it",
            start=start,
            expected_count=len(expected),
        )
    passed = [task_id for task_id in _ids(before) if task_id in ids and task_id not in expected]
    if passed:
        return phrase(
            "{start} lists tasks again that come before it, such as {passed}", start=start, passed=passed[0]
        )
    return phrase(
        "{start} begins with {ids}, but the next task is {expected}",
        start=start,
        ids=ids[0],
        expected=expected[0],
    )


def _ids(exchange: Exchange) -> list[str]:
    return [str(task["id"]) for task in usable_tasks_in(exchange)]


def _ids_behind(exchange: Exchange, task: Task) -> list[str]:
    ids = _ids(exchange)
    return ids[ids.index(str(task["id"])) + 1 :]
