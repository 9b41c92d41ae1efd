"""The part of the tour that hurries: updates side by side, none of which may undo another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange

_TASKS = 4
_FIELDS = ("link_profile", "link_post")
_LINK = "https://example.com/workerkit/rush/{}/{}"
_RULE = "update-links"


def update_side_by_side(context: RunContext) -> None:
    """Two fields each of some tasks are written at the same moment; then all of them are there."""
    tasks = context.tasks[:_TASKS]
    if not tasks:
        return
    with ThreadPoolExecutor(_TASKS * len(_FIELDS)) as pool:
        asked = [pool.submit(_write, context, task, field) for task in tasks for field in _FIELDS]
        writes = [each.result() for each in asked]
    for write in writes:
        context.expect("update", write)
    if not all(each.accepted for each in writes):
        return
    for number, task in enumerate(tasks):
        shown, listed = context.find(str(task["id"]), str(task["status"]))
        lost = list(_lost(task, shown or {}))
        flaw = f"of two updates of task {task['id']} at once, {' and '.join(lost)} was lost" if lost else None
        own = writes[number * len(_FIELDS) : (number + 1) * len(_FIELDS)]
        context.ledger.judge(_RULE, flaw, *own, listed)


def _write(context: RunContext, task: Task, field: str) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", {field: _link(task, field)})


def _lost(task: Task, shown: Task) -> Iterator[str]:
    return (field for field in _FIELDS if shown.get(field) != _link(task, field))


def _link(task: Task, field: str) -> str:
    return _LINK.format(field, task["id"])
