"""Scripted requests for unknown tasks and for tasks of another server."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.relations.listed_tasks import Task, next_status, tasks_in, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.languages.phrase import phrase

FOREIGN_RULES = ("update-own-only", "bulk-foreign", "not-your-task")

_NO_FOREIGN_TASK = phrase(
    "the other server has no pending or queued task that the run may change: give it some tasks"
)


def send_unknown_ids(context: RunContext) -> None:
    """Sends updates and callbacks with an unknown id. They have to get 404.

    Callbacks for customers' requests and accounts may also get 403.
    """
    unknown = context.new_fake_id()
    requests: list[tuple[str, str, dict[str, Any], tuple[int, ...]]] = [
        ("PUT", f"/tasks/{unknown}", {"status": "running"}, (404,)),
        ("POST", "/callback/link/update", {"link_id": unknown, "status": "running"}, (404,)),
        ("POST", "/callback/link/complete", {"link_id": unknown}, (404,)),
        ("POST", "/callback/request/status", {"request_id": unknown, "status": "completed"}, (403, 404)),
        ("POST", "/callback/account/status", {"account_id": unknown, "status": "active"}, (403, 404)),
    ]
    for method, path, body, statuses in requests:
        context.expect_status("not-found", context.client.send(method, path, body), *statuses)


def update_foreign_tasks(context: RunContext) -> None:
    """Tries to update a task of another server.

    Updates have to get 403 with the code not_your_task. A bulk item has to get this code as its error. The
    task must not change.
    """
    key = context.target.other_api_key
    if key is None:
        for rule in FOREIGN_RULES:
            context.ledger.mark_untested(rule, phrase("needs --other-api-key"))
        return
    # A server may change tasks from pending to queued when it lists them, so the second list is used.
    _, listed = (context.client.get_tasks(key=key) for _ in range(2))
    foreign = context.changeable(usable_tasks_in(listed))[:1]
    for task in foreign:
        _try_to_update(context, key, task)
    if not listed.accepted:
        for rule in FOREIGN_RULES:
            context.ledger.mark_untested(
                rule, phrase("GET /tasks with --other-api-key was answered {status}", status=listed.status)
            )
    elif not foreign:
        for rule in FOREIGN_RULES:
            context.ledger.mark_untested(rule, _NO_FOREIGN_TASK)
    own = {str(task["id"]) for task in context.tasks}
    shared = own & {str(task.get("id")) for task in tasks_in(listed)}
    flaw = phrase("task {task} is listed for two servers", task=min(shared, default=""))
    context.ledger.record_check("list", flaw if shared else None, listed)


def _try_to_update(context: RunContext, key: str, task: Task) -> None:
    task_id, status = str(task["id"]), str(task["status"])
    change = {"status": next_status(status)}
    singles = [
        context.client.send("PUT", f"/tasks/{task_id}", change),
        context.client.send("POST", "/callback/link/update", {"link_id": task_id, **change}),
        context.client.send("POST", "/callback/link/complete", {"link_id": task_id}),
    ]
    for exchange in singles:
        context.expect_status("update-own-only", exchange, 403)
    batch = context.client.send("PUT", "/tasks/bulk", {"items": [{"link_id": task_id, **change}]})
    results = objects_in(ParsedExchange(batch).answer_json, "results")
    errors = [result.get("error") for result in results]
    flaw = phrase("for another server's task, the results of a batch have the errors {errors}", errors=errors)
    context.ledger.record_check("bulk-foreign", None if errors == ["not_your_task"] else flaw, batch)
    unchanged, listed = context.find_task(task_id, status, key)
    accepted = any(exchange.accepted for exchange in singles) or any(
        result.get("success") is True for result in results
    )
    if not unchanged and accepted:
        return  # the server did an update that it accepted, which is told above
    flaw = phrase(
        "task {task_id} is no longer {status} after another server's refused updates",
        task_id=task_id,
        status=status,
    )
    context.ledger.record_check("update-own-only", None if unchanged else flaw, *singles, batch, listed)
