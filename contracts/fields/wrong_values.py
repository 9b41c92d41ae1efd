"""Values that every correct server refuses: values of a wrong type, unknown statuses, unknown levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.fields.similar_words import SIMILAR_LEVELS, SIMILAR_STATUSES
from workerkit.contracts.fields.task_reader import read_tasks
from workerkit.contracts.fields.texts import MIXED_URL
from workerkit.contracts.fields.update_operation import (
    BULK,
    LINK_COMPLETE,
    LINK_UPDATE,
    PUT,
    UpdateOperation,
    updated_ids,
)
from workerkit.contracts.fields.verdicts import expect_refused, fields_text, is_own_answer
from workerkit.contracts.gate.way_trouble import is_system_error
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import created_of
from workerkit.openapi.languages.phrase import joined, phrase

_BAD_REQUEST = "bad-request"
# Nobody can convert a list to a text, a number or a boolean.
_LIST = ["workerkit"]
_REFUSED = (400,)
_REFUSED_OR_UNKNOWN = (400, 403, 404)
# A bulk update with a refused item can also get 200. Then the result of the item has `success` false.
_REFUSED_IN_BATCH = (400, 200)
# A server may skip a bad log entry: it answers 200, and `created` is 0.
_REFUSED_OR_SKIPPED = (400, 200)


@dataclass(frozen=True, slots=True)
class WrongUpdate:
    """An update that is not valid, because of one field.

    rule: the rule that a server breaks if it accepts the update.
    why: what is wrong with it.
    kind: what the value should be. A server that fails at one value of a kind often fails at all of them.
    """

    operation: UpdateOperation
    fields: Mapping[str, Any]
    rule: str
    why: str
    kind: str


def send_wrong_types_for_fake_ids(context: RunContext) -> None:
    """Sends fields with a list as their value, for a task that does not exist."""
    for operation, fields in ((PUT, PUT.fields), (LINK_UPDATE, LINK_FIELDS[:1])):
        for update in _wrong_types(operation, fields):
            _send(context, update, context.new_fake_id(), _REFUSED_OR_UNKNOWN)


def send_bad_ids(context: RunContext) -> None:
    """Sends callbacks whose id is a text with all kinds of characters. They have to get 400, 403 or 404."""
    callbacks = (("/callback/link/update", "link_id"), ("/callback/link/complete", "link_id"))
    for path, name in callbacks:
        body = {name: MIXED_URL.value, **({"status": "running"} if path.endswith("update") else {})}
        exchange = context.client.send("POST", path, body)
        sent = phrase("POST {path} with {fields_text}", path=path, fields_text=fields_text({name: MIXED_URL}))
        expect_refused(
            context,
            _BAD_REQUEST,
            sent,
            phrase("{name} is not a UUID", name=name),
            exchange,
            statuses=_REFUSED_OR_UNKNOWN,
            taken=exchange.accepted,
        )


def send_wrong_updates(context: RunContext) -> None:
    """Sends updates of an own task that are not valid. They have to be refused, and must not change it."""
    if not context.tasks:
        return
    task_id = str(context.tasks[0]["id"])
    before = read_tasks(context, [task_id])
    sent = [_send(context, update, task_id, _REFUSED) for update in _single_updates(context)]
    if task_id in before and not any(exchange.accepted for exchange in sent):
        _check_unchanged(context, before[task_id].task)
    _send_batches(context)


def _wrong_types(operation: UpdateOperation, fields: Sequence[str]) -> list[WrongUpdate]:
    return [
        WrongUpdate(
            operation,
            {name: _LIST},
            _BAD_REQUEST,
            phrase("the value of {name} is a list", name=name),
            "text" if operation.takes_any_text(name) else name,
        )
        for name in fields
    ]


def _similar_statuses(operation: UpdateOperation, statuses: Sequence[str]) -> list[WrongUpdate]:
    known = ", ".join(lenient_spec.enum_values("TaskStatus"))
    why = phrase("the API page names only the statuses {known}", known=known)
    return [WrongUpdate(operation, {"status": status}, "update-status", why, "status") for status in statuses]


def _single_updates(context: RunContext) -> list[WrongUpdate]:
    return [
        *(
            update
            for operation in (PUT, LINK_UPDATE)
            for update in _wrong_types(operation, operation.fields_for(context))
        ),
        *(_wrong_types(LINK_COMPLETE, LINK_FIELDS) if context.writes is Writes.ALL else ()),
        *_similar_statuses(PUT, SIMILAR_STATUSES),
        *_similar_statuses(LINK_UPDATE, SIMILAR_STATUSES[:2]),
    ]


def _send(context: RunContext, update: WrongUpdate, task_id: str, statuses: tuple[int, ...]) -> Exchange:
    exchange = update.operation.send(context, task_id, update.fields)
    sent = phrase(
        "{title} with {fields_text}", title=update.operation.title, fields_text=fields_text(update.fields)
    )
    taken = update.operation.has_updated(exchange, task_id)
    topic = f"{update.operation.title}: {update.kind}"
    expect_refused(
        context, update.rule, sent, update.why, exchange, statuses=statuses, taken=taken, topic=topic
    )
    return exchange


def _send_batches(context: RunContext) -> None:
    """Sends the wrong values in one bulk update. If the server refuses it, sends some of them one by one.

    If a server refuses the whole batch for one bad item, this does not show which items it would accept.
    """
    wrong_types = _wrong_types(BULK, BULK.fields_for(context))
    _send_batch(context, wrong_types, alone=len(wrong_types))
    _send_batch(context, _similar_statuses(BULK, SIMILAR_STATUSES), alone=2)


def _send_batch(context: RunContext, updates: list[WrongUpdate], *, alone: int) -> None:
    ids = [str(task["id"]) for task in context.tasks][: len(updates)]
    for begin in range(0, len(updates), len(ids)):
        pairs = list(zip(ids, updates[begin:], strict=False))
        items = [{"link_id": task_id, **update.fields} for task_id, update in pairs]
        exchange = context.client.send("PUT", "/tasks/bulk", {"items": items})
        if not exchange.accepted:
            sent = [_send(context, update, ids[0], _REFUSED_IN_BATCH) for update in updates[:alone]]
            if any(map(is_system_error, sent)):
                context.ledger.mark_explained("no-system-error", exchange)
            return
        _check_batch(context, pairs, exchange)


def _check_batch(context: RunContext, pairs: list[tuple[str, WrongUpdate]], exchange: Exchange) -> None:
    updated = updated_ids(exchange)
    for task_id, update in pairs:
        flaw = phrase(
            "{title} with an item with {fields_text} updated the task: {why}",
            title=BULK.title,
            fields_text=fields_text(update.fields),
            why=update.why,
        )
        taken = task_id.lower() in updated
        context.ledger.record_check(update.rule, flaw if taken else None, exchange)


def _check_unchanged(context: RunContext, before: Task) -> None:
    task_id = str(before["id"])
    listed = read_tasks(context, [task_id]).get(task_id)
    if listed is None:
        return
    changed = [name for name in LINK_FIELDS if listed.task.get(name) != before.get(name)]
    # A server may queue a task when it lists it.
    if listed.task.get("status") not in (before.get("status"), "queued"):
        changed.append("status")
    flaw = phrase(
        "updates that were refused changed {changed} of task {task_id}",
        changed=joined(phrase(" and "), changed),
        task_id=task_id,
    )
    context.ledger.record_check(
        "update-status" if "status" in changed else "update", flaw if changed else None, listed.exchange
    )


def send_wrong_entity_statuses(context: RunContext) -> None:
    """Sends the callbacks for a request and an account with a list as status, and without status."""
    request_id = next((str(task["request_id"]) for task in context.tasks), None)
    entities = (
        ("/callback/request/status", "request_id", request_id),
        ("/callback/account/status", "account_id", context.target.account_id),
    )
    for path, name, entity_id in entities:
        if entity_id is not None:
            wrong = {
                phrase("{name} and status {list}", name=name, list=_LIST): {name: entity_id, "status": _LIST},
                phrase("only {name}", name=name): {name: entity_id},
            }
            for words, body in wrong.items():
                exchange = context.client.send("POST", path, body)
                expect_refused(
                    context,
                    _BAD_REQUEST,
                    phrase("POST {path} with {words}", path=path, words=words),
                    phrase("status has to be a text"),
                    exchange,
                    statuses=_REFUSED,
                    taken=exchange.accepted,
                )


def send_wrong_heartbeats(context: RunContext) -> None:
    """Sends heartbeats with a list in a text field. They have to get 400."""
    for name in ("server_name", "ip"):
        exchange = context.client.send(
            "POST", "/health", {**heartbeat_body(context.own_server_name), name: _LIST}
        )
        sent, why = (
            phrase("POST /health with {fields_text}", fields_text=fields_text({name: _LIST})),
            phrase("the value of {name} is a list", name=name),
        )
        expect_refused(context, _BAD_REQUEST, sent, why, exchange, statuses=_REFUSED, taken=exchange.accepted)


def send_wrong_logs(context: RunContext) -> None:
    """Sends log entries with a wrong level or message. A server must refuse the batch or store no entry."""
    level = lenient_spec.enum_values("LogLevel")[0]
    known = ", ".join(lenient_spec.enum_values("LogLevel"))
    wrong_types = [{"level": _LIST, "message": "workerkit"}, {"level": level, "message": _LIST}]
    similar_levels = [{"level": word, "message": "workerkit"} for word in SIMILAR_LEVELS]
    _send_entries(context, wrong_types, _BAD_REQUEST, phrase("level and message have to be texts"))
    _send_entries(
        context,
        similar_levels,
        "logs-levels",
        phrase("the API page names only the levels {known}", known=known),
    )


def _send_entries(context: RunContext, entries: list[dict[str, Any]], rule: str, why: str) -> None:
    """Sends the entries in one batch. Sends each alone if the batch was refused, or if some were stored."""
    batch = context.client.send("POST", "/logs", {"logs": entries})
    if batch.accepted and created_of(ParsedExchange(batch).answer_json) == 0:
        context.ledger.mark_kept(rule)
        return
    if not is_own_answer(batch):
        return
    for entry in entries:
        exchange = context.client.send("POST", "/logs", {"logs": [entry]})
        created = created_of(ParsedExchange(exchange).answer_json)
        is_stored = exchange.accepted and created != 0
        sent = phrase("POST /logs with {fields_text}", fields_text=fields_text(entry))
        why_with_count = (
            phrase("{why}; created is {created}", why=why, created=created) if exchange.accepted else why
        )
        expect_refused(
            context, rule, sent, why_with_count, exchange, statuses=_REFUSED_OR_SKIPPED, taken=is_stored
        )
