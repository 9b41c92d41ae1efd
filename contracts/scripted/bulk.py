"""Scripted bulk updates, and a check that an update changes only its own task."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import (
    LINK_FIELDS,
    Task,
    next_status,
    statuses_until,
    usable_tasks_in,
)
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import links_of
from workerkit.contracts.scripted.read_back import read_back
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import link_id_of
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.languages.phrase import phrase

_LINK = "https://example.com/workerkit/" + "long-path/" * 7


def check_other_tasks(context: RunContext) -> None:
    """Updates one task. Checks that no other task in the list changes."""
    task = context.take_task("update")
    if task is None:
        return
    task_id, changed_others = str(task["id"]), set[str]()
    # Other users may change tasks too. So the check lists the tasks twice before each update, and both lists
    # must be equal. It reports a flaw only if another task changed after every update. The result of an
    # update to queued is not used.
    for status in statuses_until(task, "canceled"):
        first, second = (_statuses(_all_tasks(context)) for _ in range(2))
        if first != second or not first:
            return
        update = context.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not context.expect_status("update", update):
            return
        listed = _all_tasks(context)
        changed_others = set(_changed_ids(second, _statuses(listed))) - {task_id}
        if not changed_others and status != "queued":
            context.ledger.mark_kept("update")
            return
    flaw = phrase(
        "an update of task {task_id} also changed the status of task {other}",
        task_id=task_id,
        other=min(changed_others),
    )
    context.ledger.mark_broken("update", flaw, (update, listed))


def _all_tasks(context: RunContext) -> Exchange:
    statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    return context.client.get_tasks(status=statuses, limit=context.highest_limit)


def _statuses(listed: Exchange) -> dict[str, str]:
    return {str(task["id"]): str(task["status"]) for task in usable_tasks_in(listed)}


def _changed_ids(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    # A server may queue another task when a task ends, so a change to queued is ignored.
    for task_id, status in before.items():
        if after.get(task_id, status) not in (status, "queued"):
            yield task_id


def update_in_bulk(context: RunContext) -> None:
    """Sends a batch with own tasks and an unknown task. Checks the results, and the own tasks in the list."""
    own_items = _own_items(context)
    if not own_items:
        return
    unknown = {"link_id": context.new_fake_id(), "status": "running"}
    exchange = context.client.send("PUT", "/tasks/bulk", {"items": [own_items[0], unknown, *own_items[1:]]})
    if not context.expect_status("bulk", exchange):
        return
    results = objects_in(ParsedExchange(exchange).answer_json, "results")
    is_foreign = "not_your_task" in [result.get("error") for result in results]
    flaw = phrase("the result of an unknown task has the error not_your_task")
    context.ledger.record_check("not-found", flaw if is_foreign else None, exchange)
    updated = {str(link_id_of(result)).lower(): result.get("success") for result in results}
    expected = {item["link_id"].lower(): item in own_items for item in (*own_items, unknown)}
    values = [updated.get(link_id) for link_id in expected]
    flaw = phrase(
        "in the answer to a batch of own tasks and one unknown task, `success` is {values}, expected {list}",
        values=values,
        list=list(expected.values()),
    )
    context.ledger.record_check("bulk-results", None if updated == expected else flaw, exchange)
    for item in own_items:
        links = {name: item[name] for name in LINK_FIELDS}
        read_back(context, "bulk-results", item["link_id"], item["status"], links, exchange)


def _own_items(context: RunContext) -> list[dict[str, str]]:
    """Items for two own tasks, with different statuses. If there is only one task, an item for that task."""
    first, second = context.take_task("bulk"), context.tasks.pop(0) if context.tasks else None
    if first is None:
        return []
    if second is not None and next_status(str(second["status"])) == next_status(str(first["status"])):
        step = {"status": next_status(str(second["status"]))}
        if not context.expect_status("update", context.client.send("PUT", f"/tasks/{second['id']}", step)):
            return [_item(first)]
        second = {**second, **step}
    return [_item(task) for task in (first, second) if task is not None]


def _item(task: Task) -> dict[str, str]:
    return {"link_id": str(task["id"]), "status": next_status(str(task["status"])), **links_of(task)}


def send_full_batch(context: RunContext) -> None:
    """Sends a batch with the most items that the API page allows, with two links each. All tasks are unknown.

    Some frameworks refuse bodies of more than 100 kB by default. This batch is larger.
    """
    most = lenient_spec.max_batch_size("BulkUpdate", "items")
    result = {"status": "running", **dict.fromkeys(LINK_FIELDS, _LINK)}
    items = [{"link_id": context.new_fake_id(), **result} for _ in range(most)]
    exchange = context.client.send("PUT", "/tasks/bulk", {"items": items})
    sent = phrase(
        "PUT /tasks/bulk with {most} items, each with two links of {length} characters ({size} kB in all)",
        most=most,
        length=len(_LINK),
        size=len(exchange.request_body) // 1000,
    )
    context.expect_status("bulk", exchange, sent=sent)
