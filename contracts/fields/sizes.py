"""Heartbeats with very large numbers, and batches with very few or very many entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workerkit.contracts.fields.task_reader import read_tasks
from workerkit.contracts.fields.texts import shortened
from workerkit.contracts.fields.update_operation import BULK, updated_ids
from workerkit.contracts.fields.verdicts import (
    expect_accepted,
    fields_text,
    report_system_error,
)
from workerkit.contracts.gate.way_trouble import is_system_error
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import created_of
from workerkit.openapi.languages.phrase import phrase

_HEARTBEAT = "POST /health"
# Every correct server accepts these.
_USUAL_NUMBERS: tuple[dict[str, float], ...] = (
    {"cpu_usage": 100, "ram_usage": 100, "disk_usage": 100},
    {"cpu_usage": 0.01, "ram_usage": 33.333333, "disk_usage": 99.99},
)
# A server may refuse these, but must not fail.
_LARGE_NUMBERS = (2**31 - 1, 2**31)
_LINK_FIELD = LINK_FIELDS[1]
_LINK = "https://example.com/workerkit/place/{}"


def send_heartbeat_numbers(context: RunContext) -> None:
    """Sends heartbeats with the largest usages, with many decimals, and with very large counts."""
    body = heartbeat_body(context.own_server_name)
    for numbers in _USUAL_NUMBERS:
        exchange = context.client.send("POST", "/health", {**body, **numbers})
        sent = phrase(
            "{heartbeat} with {fields_text}", heartbeat=_HEARTBEAT, fields_text=fields_text(numbers)
        )
        expect_accepted(context, "heartbeat", sent, exchange, taken=exchange.accepted)
    for number in _LARGE_NUMBERS:
        counts: dict[str, Any] = {"active_threads": number, "active_tasks": number}
        exchange = context.client.send("POST", "/health", {**body, **counts})
        if is_system_error(exchange):
            report_system_error(
                context,
                phrase(
                    "{heartbeat} with {fields_text}", heartbeat=_HEARTBEAT, fields_text=fields_text(counts)
                ),
                exchange,
            )


def send_batch_sizes(context: RunContext) -> None:
    """Sends bulk updates with one item, and with one item less than the maximum. Most tasks are unknown.

    The large batch has own tasks at some places. The list must show their new links: a server may split large
    batches, and lose an item at the end of a part. `check_exchange` checks the counts in the answers.
    """
    size = lenient_spec.max_batch_size("BulkUpdate", "items") - 1
    own = dict(zip(_places(size), context.tasks, strict=False))
    for count, tasks in ((1, {}), (size, own)):
        items = [_batch_item(context, tasks.get(place), place) for place in range(1, count + 1)]
        exchange = context.client.send("PUT", "/tasks/bulk", {"items": items})
        sent = phrase("{title} with {size} items", title=BULK.title, size=count)
        expect_accepted(context, BULK.rule, sent, exchange, taken=exchange.accepted)
    # If no bulk update stores this link, another step reports it.
    if exchange.accepted and context.ledger.listed_links.get(("bulkUpdateTasks", _LINK_FIELD), True):
        _read_places(context, own, exchange)


def _places(size: int) -> tuple[int, ...]:
    """Some places of a batch at which a part of it can begin or end, the first place is 1."""
    return tuple(place for place in (size, 100, 101, 1, 250, 256, 257) if place <= size)


def _batch_item(context: RunContext, task: Task | None, place: int) -> dict[str, Any]:
    if task is None:
        return {"link_id": context.new_fake_id(), "status": "running"}
    return {"link_id": task["id"], _LINK_FIELD: _LINK.format(place)}


def _read_places(context: RunContext, own: Mapping[int, Task], batch: Exchange) -> None:
    """Checks that the list shows the link of each own item that the answer says was updated."""
    updated = updated_ids(batch)
    written = {place: str(task["id"]) for place, task in own.items() if str(task["id"]).lower() in updated}
    listed = read_tasks(context, written.values()) if written else {}
    for place, task_id in written.items():
        if task_id in listed:
            link = listed[task_id].task.get(_LINK_FIELD)
            flaw = phrase(
                "in a batch with many items, the item at place {place} has the result success: true, but GET "
                "/tasks then lists {field} {link}, expected {expected}",
                place=place,
                field=_LINK_FIELD,
                link=shortened(link),
                expected=shortened(_LINK.format(place)),
            )
            is_right = link == _LINK.format(place)
            context.ledger.record_check(
                BULK.status_rule, None if is_right else flaw, batch, listed[task_id].exchange
            )


def send_log_sizes(context: RunContext) -> None:
    """Sends one log entry less than the maximum. All have to be stored."""
    size = lenient_spec.max_batch_size("LogBatch", "logs") - 1
    entry = {"level": lenient_spec.enum_values("LogLevel")[0], "message": "workerkit"}
    exchange = context.client.send("POST", "/logs", {"logs": [entry] * size})
    taken = exchange.accepted and created_of(ParsedExchange(exchange).answer_json) is not None
    expect_accepted(
        context, "logs", phrase("POST /logs with {size} entries", size=size), exchange, taken=taken
    )
