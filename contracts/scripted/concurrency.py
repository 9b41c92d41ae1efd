"""Scripted updates that are sent at the same time. No update may undo another update."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

_TASKS = 4
_FIELDS = ("link_profile", "link_post")
_LINK = "https://example.com/workerkit/rush/{}/{}"
_RULE = "update-links"


def update_concurrently(context: RunContext) -> None:
    """Updates two fields of some tasks at the same time. Checks that the list has all new values."""
    tasks = context.tasks[:_TASKS]
    # A server that loses a field in a single update also loses it here.
    if not tasks or context.ledger.has_finding(_RULE):
        return
    with ThreadPoolExecutor(_TASKS * len(_FIELDS)) as pool:
        pending = [pool.submit(_write, context, task, field) for task in tasks for field in _FIELDS]
        writes = [future.result() for future in pending]
    for write in writes:
        context.expect_status("update", write)
    if not all(write.accepted for write in writes):
        return
    for number, task in enumerate(tasks):
        found, listed = context.find_task(str(task["id"]), str(task["status"]))
        lost = list(_lost_fields(task, found or {}))
        flaw = (
            phrase(
                "two updates of task {id} at the same time lost {lost}",
                id=task["id"],
                lost=joined(phrase(" and "), lost),
            )
            if lost
            else None
        )
        own = writes[number * len(_FIELDS) : (number + 1) * len(_FIELDS)]
        context.ledger.record_check(_RULE, flaw, *own, listed)


def _write(context: RunContext, task: Task, field: str) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", {field: _link(task, field)})


def _lost_fields(task: Task, listed: Task) -> Iterator[str]:
    return (field for field in _FIELDS if listed.get(field) != _link(task, field))


def _link(task: Task, field: str) -> str:
    return _LINK.format(field, task["id"])
