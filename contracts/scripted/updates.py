"""Scripted updates of one task: through the whole status flow, and updates that are not valid."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import next_status, statuses_until
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import NOTE, links_of
from workerkit.contracts.scripted.read_back import read_back

# If a server retries failed tasks automatically, the task can be pending or queued again.
_AFTER_FAILURE = ",".join(("failed", *lenient_spec.waiting_statuses()))


def update_to_completed(context: RunContext) -> None:
    """Updates a task step by step to completed. Checks the status and the links in the list."""
    task = context.take_task("update")
    if task is None:
        return
    status = str(task["status"])
    while status != "completed":
        status = next_status(status)
        links = links_of(task) if status == "completed" else {}
        exchange = context.client.send("PUT", f"/tasks/{task['id']}", {"status": status, **links})
        if not context.expect_status("update", exchange):
            return
        read_back(context, "update", str(task["id"]), status, links, exchange)


def update_to_failed(context: RunContext) -> None:
    """Updates a task step by step to failed, with all other fields. Checks the status in the list."""
    task = context.take_task("update")
    if task is None:
        return
    task_id = str(task["id"])
    fields: dict[str, dict[str, Any]] = {
        "queued": {"note": NOTE},
        "running": {"is_indexed": False},
        "failed": {"error_message": NOTE},
    }
    for status in statuses_until(task, "failed"):
        body = {"status": status, **fields.get(status, {})}
        exchange = context.client.send("PUT", f"/tasks/{task_id}", body)
        if not context.expect_status("update", exchange):
            return
    read_back(context, "update-status", task_id, _AFTER_FAILURE, {}, exchange)


def update_to_canceled(context: RunContext) -> None:
    """Updates a running task to canceled. Checks the status in the list."""
    task = context.take_task("update-status")
    if task is None:
        return
    task_id = str(task["id"])
    for status in statuses_until(task, "canceled"):
        exchange = context.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not context.expect_status("update", exchange):
            return
    read_back(context, "update-status", task_id, "canceled", {}, exchange)


def send_bad_updates(context: RunContext) -> None:
    """Sends updates that are not valid. They have to get 400, and must not change the task."""
    task = context.take_task("update-status")
    if task is None:
        return
    path, task_id, status = f"/tasks/{task['id']}", str(task["id"]), str(task["status"])
    requests = [
        ("PUT", path, {"status": "nonsense"}),
        ("POST", "/callback/link/update", {"link_id": task_id, "status": "nonsense"}),
    ]
    for request in requests:
        refused = context.client.send(*request)
        if context.expect_status("update-status", refused, 400):
            read_back(context, "update-status", task_id, status, {}, refused)
    for body in ({"link_profile": {"url": NOTE}}, {"is_indexed": "nonsense"}, b'{"status": '):
        context.expect_status("bad-request", context.client.send("PUT", path, body), 400)
    context.tasks.append(task)
