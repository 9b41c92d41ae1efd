"""Bulk updates of the script."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, following, steps_to, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import LINK_FIELDS, links_of, objects_of
from workerkit.contracts.scripted.read_back import read_back
from workerkit.openapi.exchange import Exchange


def leave_the_others_alone(context: RunContext) -> None:
    """An update changes one task and no other one of the list."""
    task = context.take_task("update")
    if task is None:
        return
    task_id, strays = str(task["id"]), set[str]()
    # Others may be at work: what changes beside an update has to do so twice, and not without one.
    for status in steps_to(task, "canceled"):
        before, still = (_statuses(_whole(context)) for _ in range(2))
        if before != still or not before:
            return
        update = context.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not context.expect("update", update):
            return
        shown = _whole(context)
        strays = set(_moved(still, _statuses(shown))) - {task_id}
        if not strays and status != "queued":
            context.ledger.hold("update")
            return
    flaw = f"with task {task_id} the status of task {min(strays)} changed"
    context.ledger.fail("update", flaw, (update, shown))


def _whole(context: RunContext) -> Exchange:
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    return context.client.tasks(status=every, limit=lenient_spec.highest("limit"))


def _statuses(shown: Exchange) -> dict[str, str]:
    return {str(task["id"]): str(task["status"]) for task in usable_tasks_in(shown)}


def _moved(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    # That another task is queued when one is done is a server's own affair.
    for task_id, status in before.items():
        if after.get(task_id, status) not in (status, "queued"):
            yield task_id


def update_many(context: RunContext) -> None:
    """Own tasks are updated, each in its way, and those between them are not; the list shows it."""
    own = _two_items(context)
    if not own:
        return
    strangers = [{"link_id": context.some_id(), "status": "running"}]
    exchange = context.client.send("PUT", "/tasks/bulk", {"items": [own[0], *strangers, *own[1:]]})
    if not context.expect("bulk", exchange):
        return
    results = objects_of(ParsedExchange(exchange).answered_field("results"))
    foreign = "not_your_task" in [result.get("error") for result in results]
    flaw = "a task that there is not came out as not_your_task"
    context.ledger.judge("not-found", flaw if foreign else None, exchange)
    done = {str(result.get("link_id")).lower(): result.get("success") for result in results}
    due = {each["link_id"].lower(): each in own for each in (*own, *strangers)}
    flaw = f"own tasks and an unknown one have success {[done.get(each) for each in due]}"
    context.ledger.judge("bulk-results", None if done == due else flaw, exchange)
    for each in own:
        links = {name: each[name] for name in LINK_FIELDS}
        read_back(context, "bulk-results", each["link_id"], each["status"], links, exchange)


def _two_items(context: RunContext) -> list[dict[str, str]]:
    """Items for two own tasks, for each another status; for one where there is but one."""
    first, second = context.take_task("bulk"), context.tasks.pop(0) if context.tasks else None
    if first is None:
        return []
    if second is not None and following(str(second["status"])) == following(str(first["status"])):
        step = {"status": following(str(second["status"]))}
        if not context.expect("update", context.client.send("PUT", f"/tasks/{second['id']}", step)):
            return [_item(first)]
        second = {**second, **step}
    return [_item(each) for each in (first, second) if each is not None]


def _item(task: Task) -> dict[str, str]:
    return {"link_id": str(task["id"]), "status": following(str(task["status"])), **links_of(task)}


def fill_a_batch(context: RunContext) -> None:
    """As many items as the page allows are taken, all of them unknown."""
    most = lenient_spec.most("BulkUpdate", "items")
    items = [{"link_id": context.some_id(), "status": "running"} for _ in range(most)]
    context.expect("bulk", context.client.send("PUT", "/tasks/bulk", {"items": items}))
