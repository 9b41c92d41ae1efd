"""Probes of the two batch operations: bulk updates of tasks, and batches of log entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed, observed_by_status
from workerkit.contracts.scripted.bodies import unknown_levels
from workerkit.contracts.scripted.heartbeat_and_logs import known_level
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_results_of, created_of
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.silence import silences

_ACCEPT_OR_REJECT = {200: "accept", 400: "reject"}
_NO_TASK = phrase("the server has no unused pending or queued task for this probe")


def probe_empty_bulk_update(context: RunContext) -> Iterator[Observation]:
    """Sends a bulk update without items."""
    yield observed_by_status("bulk-empty", _ACCEPT_OR_REJECT, _send_bulk_update(context, []))


def probe_bad_bulk_item(context: RunContext) -> Iterator[Observation]:
    """Sends a bulk update with two items.

    The first item is correct and changes nothing. The second item has an unknown status.
    """
    if not context.tasks:
        yield not_observed("bulk-bad-item", _NO_TASK)
        return
    good_task, bad_task = context.tasks[0], context.tasks[-1]
    bad_id = context.new_fake_id() if bad_task is good_task else str(bad_task["id"])
    items = [_unchanged_item(good_task), {"link_id": bad_id, "status": "nonsense"}]
    exchange = _send_bulk_update(context, items)
    counts = [ParsedExchange(exchange).answer_field(name) for name in ("success", "failed")]
    if exchange.accepted and counts != [1, 1]:
        why = phrase(
            "`success` is {counts} and `failed` is {counts_2}, expected 1 and 1",
            counts=counts[0],
            counts_2=counts[1],
        )
        yield not_observed("bulk-bad-item", why, exchange)
    else:
        yield observed_by_status("bulk-bad-item", {200: "item", 400: "whole"}, exchange)


def probe_repeated_bulk_item(context: RunContext) -> Iterator[Observation]:
    """Sends a bulk update with the same item twice. The item changes nothing."""
    if not context.tasks:
        yield not_observed("bulk-duplicate", _NO_TASK)
        return
    exchange = _send_bulk_update(context, [_unchanged_item(context.tasks[0])] * 2)
    results = bulk_results_of(ParsedExchange(exchange).answer_json)
    if exchange.accepted and len(results) != 2:
        why = phrase("the answer to two items of one task does not have two results")
        yield not_observed("bulk-duplicate", why, exchange)
    else:
        yield observed_by_status("bulk-duplicate", {200: "each", 400: "reject"}, exchange)


def probe_unknown_bulk_item(context: RunContext) -> Iterator[Observation]:
    """Sends a bulk update with one item for an id that no task has."""
    exchange = _send_bulk_update(context, [{"link_id": context.new_fake_id(), "status": "running"}])
    results = bulk_results_of(ParsedExchange(exchange).answer_json)
    first_result = results[0] if results else None
    error = first_result.get("error") if isinstance(first_result, dict) else None
    if error in silences()["bulk-missing-code"].values:
        yield observed("bulk-missing-code", str(error), exchange)
    else:
        yield not_observed(
            "bulk-missing-code", phrase("the error of the item is {error}", error=error), exchange
        )


def probe_empty_log_batch(context: RunContext) -> Iterator[Observation]:
    """Sends a log batch without entries."""
    yield observed_by_status("logs-empty", _ACCEPT_OR_REJECT, _send_log_entries(context))


def probe_bad_log_entry(context: RunContext) -> Iterator[Observation]:
    """Sends a log batch with two entries. The second entry has an unknown level."""
    exchange = _send_log_entries(context, known_level(), unknown_levels()[0])
    created = created_of(ParsedExchange(exchange).answer_json)
    if exchange.accepted and created != 1:
        yield not_observed(
            "logs-bad-entry", phrase("`created` is {created}, expected 1", created=created), exchange
        )
    else:
        yield observed_by_status("logs-bad-entry", {200: "skip", 400: "whole"}, exchange)


def probe_lower_case_level(context: RunContext) -> Iterator[Observation]:
    """Sends a log entry with its level in lower case."""
    exchange = _send_log_entries(context, known_level().lower())
    value_if_accepted = "any" if created_of(ParsedExchange(exchange).answer_json) else "exact"
    yield observed_by_status("log-level-case", {200: value_if_accepted, 400: "exact"}, exchange)


def _send_bulk_update(context: RunContext, items: list[dict[str, Any]]) -> Exchange:
    return context.client.send("PUT", "/tasks/bulk", {"items": items})


def _unchanged_item(task: dict[str, Any]) -> dict[str, Any]:
    return {"link_id": task["id"], "status": task["status"]}


def _send_log_entries(context: RunContext, *levels: str) -> Exchange:
    entries = [{"level": level, "message": "workerkit"} for level in levels]
    return context.client.send("POST", "/logs", {"logs": entries})
