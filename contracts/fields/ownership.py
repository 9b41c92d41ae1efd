"""Updates of another server's task, with each field alone."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.fields.task_reader import read_tasks
from workerkit.contracts.fields.update_operation import (
    BULK,
    LINK_COMPLETE,
    LINK_UPDATE,
    MAY_BE_REFUSED,
    PUT,
    UpdateOperation,
    updated_ids,
)
from workerkit.contracts.fields.verdicts import expect_refused, fields_text
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task, next_status
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import link_id_of
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.languages.phrase import joined, phrase

_RULE = "update-own-only"
_CODE = "not_your_task"


def update_foreign_fields(context: RunContext) -> None:
    """Tries to change each field of another server's task by each operation. Nothing must change."""
    key = context.target.other_api_key
    if key is None:
        return
    # A server may change tasks from pending to queued when it lists them, so the second list is used.
    _, listed = (context.client.get_tasks(key=key) for _ in range(2))
    tasks = context.foreign_tasks_in(listed)
    if not tasks:
        return
    refused = [
        _update_alone(context, tasks[0], operation, fields)
        for operation, fields in _single(context, tasks[0])
    ]
    batch = _update_in_batch(context, tasks)
    _check_unchanged(context, tasks[: len(BULK.fields)], key, [*refused, batch])


def _single(context: RunContext, task: Task) -> list[tuple[UpdateOperation, dict[str, Any]]]:
    """The updates without a status. A scripted step has already sent updates with a status."""
    values = {name: value for name, value in _values(task).items() if name != "status"}
    return [
        *((PUT, {name: values[name]}) for name in PUT.fields_for(context) if name in values),
        *((LINK_UPDATE, {name: values[name]}) for name in LINK_UPDATE.fields_for(context) if name in values),
        (LINK_COMPLETE, {name: values[name] for name in LINK_FIELDS}),
    ]


def _values(task: Task) -> dict[str, Any]:
    link = "https://example.com/workerkit/foreign/{}"
    return {
        "status": next_status(str(task["status"])),
        **{name: link.format(name) for name in LINK_FIELDS},
        "error_message": "workerkit",
        "note": "workerkit",
        "is_indexed": True,
    }


def _update_alone(
    context: RunContext, task: Task, operation: UpdateOperation, fields: dict[str, Any]
) -> Exchange:
    exchange = operation.send(context, str(task["id"]), fields)
    statuses = (400, 403) if fields.keys() & MAY_BE_REFUSED else (403,)
    sent = phrase(
        "{title} for another server's task, with {fields_text}",
        title=operation.title,
        fields_text=fields_text(fields),
    )
    why = phrase("a server can only update its own tasks ({code})", code=_CODE)
    expect_refused(context, _RULE, sent, why, exchange, statuses=statuses, taken=exchange.accepted)
    return exchange


def _update_in_batch(context: RunContext, tasks: list[Task]) -> Exchange:
    """Sends one item for each field, and each item for a different task of the other server.

    If there are fewer tasks than fields, the last fields are left out."""
    names = [name for name in BULK.fields_for(context) if name not in MAY_BE_REFUSED]
    changes = [(task, name) for task, name in zip(tasks, names, strict=False)]
    items = [{"link_id": str(task["id"]), name: _values(task)[name]} for task, name in changes]
    batch = context.client.send("PUT", "/tasks/bulk", {"items": items})
    results = objects_in(ParsedExchange(batch).answer_json, "results") if batch.accepted else []
    errors = {str(link_id_of(result)).lower(): result for result in results}
    for task, name in changes:
        result = errors.get(str(task["id"]).lower())
        if result is not None:
            is_right = result.get("success") is False and result.get("error") == _CODE
            flaw = phrase(
                "{title} with {name} alone for another server's task has the result success: {success}, "
                "error: {error}, expected the error {code}",
                title=BULK.title,
                name=name,
                success=result.get("success"),
                error=result.get("error"),
                code=_CODE,
            )
            # The same wrong result for each field is one mistake.
            topic = f"success: {result.get('success')}, error: {result.get('error')}"
            context.ledger.record_check(BULK.owner_rule, None if is_right else flaw, batch, topic=topic)
    return batch


def _check_unchanged(context: RunContext, tasks: list[Task], key: str, updates: list[Exchange]) -> None:
    """Checks that no list of the other server shows a link that these updates sent."""
    before = {str(task["id"]): task for task in tasks}
    for task_id, listed in read_tasks(context, before, key).items():
        sent = _values(before[task_id])
        fields = [
            name for name in LINK_FIELDS if listed.task.get(name) == sent[name] != before[task_id].get(name)
        ]
        flaw = phrase(
            "{fields} of task {task_id} changed, although the task belongs to another server",
            fields=joined(phrase(" and "), fields),
            task_id=task_id,
        )
        senders = [update for update in updates if _names_one_of(update, fields)]
        if any(_is_said_done(update, task_id) for update in senders):
            continue  # the server accepted an update, which is told above, and did it
        context.ledger.record_check(_RULE, flaw if fields else None, *senders, listed.exchange)


def _is_said_done(update: Exchange, task_id: str) -> bool:
    """True if the answer to the update says that this task was updated."""
    if update.operation == "bulkUpdateTasks":
        return task_id.lower() in updated_ids(update)
    return update.accepted and task_id in update.path + update.request_body.decode()


def _names_one_of(update: Exchange, fields: list[str]) -> bool:
    return any(f'"{name}"'.encode() in update.request_body for name in fields)
