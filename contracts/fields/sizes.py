"""Heartbeats with very large numbers, and batches with very few or very many entries."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.fields.update_operation import BULK
from workerkit.contracts.fields.verdicts import (
    expect_accepted,
    fields_text,
    is_system_error,
    report_system_error,
)
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
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
    """Sends bulk updates with one item, and with one item less than the maximum. All tasks are unknown.

    `check_exchange` checks the counts in the answers.
    """
    most = lenient_spec.max_batch_size("BulkUpdate", "items")
    for size in (1, most - 1):
        items = [{"link_id": context.new_fake_id(), "status": "running"} for _ in range(size)]
        exchange = context.client.send("PUT", "/tasks/bulk", {"items": items})
        sent = phrase("{title} with {size} items", title=BULK.title, size=size)
        expect_accepted(context, BULK.rule, sent, exchange, taken=exchange.accepted)


def send_log_sizes(context: RunContext) -> None:
    """Sends one log entry less than the maximum. All have to be stored."""
    size = lenient_spec.max_batch_size("LogBatch", "logs") - 1
    entry = {"level": lenient_spec.enum_values("LogLevel")[0], "message": "workerkit"}
    exchange = context.client.send("POST", "/logs", {"logs": [entry] * size})
    taken = exchange.accepted and created_of(ParsedExchange(exchange).answer_json) is not None
    expect_accepted(
        context, "logs", phrase("POST /logs with {size} entries", size=size), exchange, taken=taken
    )
