"""Updates with each field alone. The field changes, and all other fields keep their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.fields.task_reader import FoundTask, read_tasks
from workerkit.contracts.fields.texts import PLAIN_URLS, shortened
from workerkit.contracts.fields.update_operation import (
    BULK,
    LINK_COMPLETE,
    LINK_UPDATE,
    MAY_BE_REFUSED,
    PUT,
    UpdateOperation,
    updated_ids,
)
from workerkit.contracts.fields.verdicts import expect_accepted, fields_text
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task, next_status
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_LINKS_RULE = "update-links"
_LINK = "https://example.com/workerkit/alone/{}"
_NEW_VALUES: dict[str, Any] = {
    **{name: _LINK.format(name) for name in LINK_FIELDS},
    "error_message": "workerkit",
    "note": "workerkit",
    "is_indexed": True,
}


@dataclass(frozen=True, slots=True)
class SingleFieldUpdate:
    """An accepted update of one task with only some fields.

    own_status: the status that the operation itself sets, or None.
    """

    operation: UpdateOperation
    task_id: str
    fields: dict[str, Any]
    exchange: Exchange
    own_status: str | None = None

    @property
    def new_status(self) -> str | None:
        """The status that the task has to get, or None if its status has to stay."""
        status: str | None = self.fields.get("status", self.own_status)
        return status


def update_single_fields(context: RunContext) -> None:
    """Sends each field alone by each operation. Checks that it changes, and that all other fields stay."""
    cases = _cases(context)
    while cases and context.tasks:
        count = min(len(cases), len(context.tasks))
        _run(context, cases[:count], [str(task["id"]) for task in context.tasks[:count]])
        cases = cases[count:]


def complete_with_single_links(context: RunContext) -> None:
    """Completes tasks with one link or none. The other link must stay."""
    all_fields: tuple[dict[str, str], ...] = (
        {"link_profile": _LINK.format("last")},
        {"link_post": PLAIN_URLS[-1].value},
        {},
    )
    tasks = context.tasks[-len(all_fields) :]
    del context.tasks[-len(all_fields) :]
    ids = [str(task["id"]) for task in tasks]
    _fill_links(context, ids)
    _make_running(context, tasks)
    before = read_tasks(context, ids)
    updates = []
    for task_id, fields in zip(ids, all_fields, strict=False):
        exchange = LINK_COMPLETE.send(context, task_id, fields)
        if exchange.accepted and task_id in before:
            updates.append(SingleFieldUpdate(LINK_COMPLETE, task_id, fields, exchange, "completed"))
    listed = read_tasks(context, [update.task_id for update in updates])
    for update in updates:
        if update.task_id in listed:
            _check(context, update, before[update.task_id].task, listed[update.task_id])


def _make_running(context: RunContext, tasks: Sequence[Task]) -> None:
    """Changes waiting tasks to running, with a bulk update for each step."""
    statuses = {str(task["id"]): str(task["status"]) for task in tasks}
    while steps := {
        task_id: next_status(status)
        for task_id, status in statuses.items()
        if next_status(status) != "completed"
    }:
        items = [{"link_id": task_id, "status": status} for task_id, status in steps.items()]
        context.client.send("PUT", "/tasks/bulk", {"items": items})
        statuses |= steps


def _cases(context: RunContext) -> list[tuple[UpdateOperation, str]]:
    cases = [
        (operation, name) for operation in (PUT, BULK, LINK_UPDATE) for name in operation.fields_for(context)
    ]
    # With a strict status flow, no update can restore the old status of a task in a sandbox.
    keeps_status = context.writes is Writes.SANDBOX and context.ledger.known_value("transitions") != "lenient"
    return [case for case in cases if not (keeps_status and case[1] == "status")]


def _run(context: RunContext, cases: Sequence[tuple[UpdateOperation, str]], ids: Sequence[str]) -> None:
    _fill_links(context, ids)
    before = read_tasks(context, ids)
    cases_by_id = {task_id: case for task_id, case in zip(ids, cases, strict=True) if task_id in before}
    updates = [
        update
        for task_id, (operation, name) in cases_by_id.items()
        if operation is not BULK
        for update in _update(context, operation, before[task_id].task, name)
    ]
    in_batch = {task_id: name for task_id, (operation, name) in cases_by_id.items() if operation is BULK}
    updates += _update_in_batches(context, before, in_batch)
    listed = read_tasks(context, [update.task_id for update in updates])
    for update in updates:
        if update.task_id in listed:
            _check(context, update, before[update.task_id].task, listed[update.task_id])
    moved = {task_id for task_id, (_, name) in cases_by_id.items() if name == "status"}
    context.tasks[:] = [task for task in context.tasks if str(task["id"]) not in moved]


def _fill_links(context: RunContext, ids: Sequence[str]) -> None:
    """Writes both links of these tasks. If a later update deletes a link, the list then shows it."""
    links = dict.fromkeys(LINK_FIELDS, PLAIN_URLS[0].value)
    items = [{"link_id": task_id, **links} for task_id in ids]
    updated = updated_ids(context.client.send("PUT", "/tasks/bulk", {"items": items}))
    for task_id in ids:
        if task_id.lower() not in updated:
            PUT.send(context, task_id, links)


def _new_fields(task: Task, name: str) -> dict[str, Any]:
    return {name: next_status(str(task["status"])) if name == "status" else _NEW_VALUES[name]}


def _update(
    context: RunContext, operation: UpdateOperation, task: Task, name: str
) -> Iterator[SingleFieldUpdate]:
    task_id, fields = str(task["id"]), _new_fields(task, name)
    exchange = operation.send(context, task_id, fields)
    taken = operation.has_updated(exchange, task_id)
    if name not in MAY_BE_REFUSED:
        expect_accepted(context, operation.rule, _sent(operation, fields), exchange, taken=taken)
    if taken:
        yield SingleFieldUpdate(operation, task_id, fields, exchange)


def _update_in_batches(
    context: RunContext, before: dict[str, FoundTask], names: dict[str, str]
) -> Iterator[SingleFieldUpdate]:
    """Sends one batch with an item for each field. A field that may be refused is sent alone."""
    together = {task_id: name for task_id, name in names.items() if name not in MAY_BE_REFUSED}
    for task_id in names.keys() - together.keys():
        yield from _update(context, BULK, before[task_id].task, names[task_id])
    if not together:
        return
    items = [
        {"link_id": task_id, **_new_fields(before[task_id].task, name)} for task_id, name in together.items()
    ]
    exchange = context.client.send("PUT", "/tasks/bulk", {"items": items})
    if not exchange.accepted:
        for task_id, name in together.items():
            yield from _update(context, BULK, before[task_id].task, name)
        return
    updated = updated_ids(exchange)
    for task_id, name in together.items():
        fields = _new_fields(before[task_id].task, name)
        taken = task_id.lower() in updated
        expect_accepted(context, BULK.rule, _sent(BULK, fields), exchange, taken=taken)
        if taken:
            yield SingleFieldUpdate(BULK, task_id, fields, exchange)


def _check(context: RunContext, update: SingleFieldUpdate, before: Task, listed: FoundTask) -> None:
    for name in LINK_FIELDS:
        is_right = listed.task.get(name) == update.fields.get(name, before.get(name))
        if name in update.fields and update.fields[name] != before.get(name):
            context.ledger.mark_link(update.exchange, name, is_listed=is_right)
            if is_right:
                context.ledger.mark_effective(update.exchange)
        flaw = None if is_right else _link_flaw(update, name, before, listed.task)
        topic = "" if name in update.fields else f"{update.operation.title} changes {name}"
        context.ledger.record_check(
            _LINKS_RULE, flaw, update.exchange, listed.exchange, topic=topic, links=(name,)
        )
    _check_status(context, update, before, listed)


def _link_flaw(update: SingleFieldUpdate, name: str, before: Task, now: Task) -> str:
    flaw = phrase(
        "{sent} was accepted, but GET /tasks then lists {name} {shortened}",
        sent=_sent(update.operation, update.fields),
        name=name,
        shortened=shortened(now.get(name)),
    )
    flaw += f", expected {shortened(update.fields.get(name, before.get(name)))}"
    if name not in update.fields:
        flaw += phrase(" as before: the request has no {name}", name=name)
    return flaw


def _check_status(context: RunContext, update: SingleFieldUpdate, before: Task, listed: FoundTask) -> None:
    sent, status = _sent(update.operation, update.fields), listed.task.get("status")
    expected = update.new_status or before.get("status")
    # A server may queue a pending task at any time, for example when it lists it.
    is_right = status == expected or (expected == "pending" and status == "queued")
    if is_right and update.new_status not in (None, before.get("status")):
        context.ledger.mark_effective(update.exchange)
    flaw = phrase(
        "{sent} was accepted, but GET /tasks then lists the status {status}, expected {expected}",
        sent=sent,
        status=status,
        expected=expected,
    )
    if update.new_status is None:
        flaw += phrase(" as before: the request has no status")
    rule = update.operation.status_rule if update.new_status else update.operation.rule
    context.ledger.record_check(rule, None if is_right else flaw, update.exchange, listed.exchange)


def _sent(operation: UpdateOperation, fields: dict[str, Any]) -> str:
    return (
        phrase("{title} with only {fields_text}", title=operation.title, fields_text=fields_text(fields))
        if fields
        else operation.title
    )
