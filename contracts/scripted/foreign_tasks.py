"""Requests of the script for tasks of nobody and of another server."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.relations.listed_tasks import Task, following, tasks_in, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import objects_of

FOREIGN_RULES = ("update-own-only", "bulk-foreign", "not-your-task")

_NO_FOREIGN_TASK = "the other server has no pending or queued task that may be tried: give it one"


def ask_for_unknown_ids(context: RunContext) -> None:
    """An id that nothing has gets 404, also where the page leaves open whose entities may be named."""
    unknown = context.some_id()
    asked: list[tuple[str, str, dict[str, Any], tuple[int, ...]]] = [
        ("PUT", f"/tasks/{unknown}", {"status": "running"}, (404,)),
        ("POST", "/callback/link/update", {"link_id": unknown, "status": "running"}, (404,)),
        ("POST", "/callback/link/complete", {"link_id": unknown}, (404,)),
        ("POST", "/callback/request/status", {"request_id": unknown, "status": "completed"}, (403, 404)),
        ("POST", "/callback/account/status", {"account_id": unknown, "status": "active"}, (403, 404)),
    ]
    for method, path, body, statuses in asked:
        context.expect("not-found", context.client.send(method, path, body), *statuses)


def leave_foreign_tasks_alone(context: RunContext) -> None:
    """Another server's task is refused with 403 and not_your_task, in a batch by its item, and unchanged."""
    key = context.target.other_api_key
    if key is None:
        for rule in FOREIGN_RULES:
            context.ledger.excuse(rule, "needs --other-api-key")
        return
    # As with the own tasks: the second list has them settled.
    _, listed = (context.client.tasks(key=key) for _ in range(2))
    foreign = context.may_change(usable_tasks_in(listed))[:1]
    for task in foreign:
        _try_foreign(context, key, task)
    if not listed.accepted:
        for rule in FOREIGN_RULES:
            context.ledger.excuse(rule, f"the list of the other server's tasks was answered {listed.status}")
    elif not foreign:
        for rule in FOREIGN_RULES:
            context.ledger.excuse(rule, _NO_FOREIGN_TASK)
    own = {str(each["id"]) for each in context.tasks}
    shared = own & {str(each.get("id")) for each in tasks_in(listed)}
    flaw = f"task {min(shared, default='')} is listed to two servers"
    context.ledger.judge("list", flaw if shared else None, listed)


def _try_foreign(context: RunContext, key: str, task: Task) -> None:
    task_id, status = str(task["id"]), str(task["status"])
    change = {"status": following(status)}
    refused = [
        context.client.send("PUT", f"/tasks/{task_id}", change),
        context.client.send("POST", "/callback/link/update", {"link_id": task_id, **change}),
        context.client.send("POST", "/callback/link/complete", {"link_id": task_id}),
    ]
    for each in refused:
        context.expect("update-own-only", each, 403)
    batch = context.client.send("PUT", "/tasks/bulk", {"items": [{"link_id": task_id, **change}]})
    results = ParsedExchange(batch).answered_field("results")
    errors = [each.get("error") for each in objects_of(results)]
    flaw = f"another server's task in a batch came out as {errors}"
    context.ledger.judge("bulk-foreign", None if errors == ["not_your_task"] else flaw, batch)
    still, shown = context.find(task_id, status, key)
    flaw = f"task {task_id} is no longer {status} after another server's refused updates"
    context.ledger.judge("update-own-only", None if still else flaw, *refused, batch, shown)
