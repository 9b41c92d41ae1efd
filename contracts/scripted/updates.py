"""The part of the tour that writes: every operation with legal requests, and at its edges."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import following, steps_to
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import NOTE, links_of
from workerkit.contracts.scripted.read_back import read_back

# Where retries are automatic, the list shows a failed task among the waiting ones.
_AFTER_FAILURE = ",".join(("failed", *lenient_spec.waiting()))


def update_a_task(context: RunContext) -> None:
    """A task goes through the flow to completed; the list shows each step and the links."""
    task = context.take_task("update")
    if task is None:
        return
    status = str(task["status"])
    while status != "completed":
        status = following(status)
        links = links_of(task) if status == "completed" else {}
        exchange = context.client.send("PUT", f"/tasks/{task['id']}", {"status": status, **links})
        if not context.expect("update", exchange):
            return
        read_back(context, "update", str(task["id"]), status, links, exchange)


def fail_a_task(context: RunContext) -> None:
    """Every field of an update is taken on the way to failed; then the task is failed, or tried again."""
    task = context.take_task("update")
    if task is None:
        return
    task_id = str(task["id"])
    fields: dict[str, dict[str, Any]] = {
        "queued": {"note": NOTE},
        "running": {"is_indexed": False},
        "failed": {"error_message": NOTE},
    }
    for status in steps_to(task, "failed"):
        exchange = context.client.send("PUT", f"/tasks/{task_id}", {"status": status, **fields[status]})
        if not context.expect("update", exchange):
            return
    read_back(context, "update-status", task_id, _AFTER_FAILURE, {}, exchange)


def cancel_a_task(context: RunContext) -> None:
    """A task that is worked on is canceled; the list shows it."""
    task = context.take_task("update-status")
    if task is None:
        return
    task_id = str(task["id"])
    for status in steps_to(task, "canceled"):
        exchange = context.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not context.expect("update", exchange):
            return
    read_back(context, "update-status", task_id, "canceled", {}, exchange)


def refuse_bad_updates(context: RunContext) -> None:
    """Values outside the list or of another type, and a body that is no JSON, get 400 and change nothing."""
    task = context.take_task("update-status")
    if task is None:
        return
    path, task_id, status = f"/tasks/{task['id']}", str(task["id"]), str(task["status"])
    asked = [
        ("PUT", path, {"status": "nonsense"}),
        ("POST", "/callback/link/update", {"link_id": task_id, "status": "nonsense"}),
    ]
    for each in asked:
        refused = context.client.send(*each)
        if context.expect("update-status", refused, 400):
            read_back(context, "update-status", task_id, status, {}, refused)
    for body in ({"link_profile": 7}, {"is_indexed": "nonsense"}, b'{"status": '):
        context.expect("bad-request", context.client.send("PUT", path, body), 400)
    context.tasks.append(task)
