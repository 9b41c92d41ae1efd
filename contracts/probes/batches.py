"""Probes of the two batches: items of tasks, and log entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, by_status, seen, unseen
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.silence import silences

_TAKEN_OR_REFUSED = {200: "accept", 400: "reject"}
_NO_TASK = "the server has no further pending or queued task to try it on"


def empty_batch(context: RunContext) -> Iterator[Observation]:
    """A bulk update without items."""
    yield by_status("bulk-empty", _TAKEN_OR_REFUSED, _bulk(context, []))


def bad_item(context: RunContext) -> Iterator[Observation]:
    """An own task's item that changes nothing, beside one with an unknown status."""
    if not context.tasks:
        yield unseen("bulk-bad-item", _NO_TASK)
        return
    good, bad = context.tasks[0], context.tasks[-1]
    bad_id = context.some_id() if bad is good else str(bad["id"])
    items = [_unchanged(good), {"link_id": bad_id, "status": "nonsense"}]
    asked = _bulk(context, items)
    counts = [ParsedExchange(asked).answered_field(name) for name in ("success", "failed")]
    if asked.accepted and counts != [1, 1]:
        yield unseen("bulk-bad-item", f"success is {counts[0]} and failed {counts[1]}", asked)
    else:
        yield by_status("bulk-bad-item", {200: "item", 400: "whole"}, asked)


def double_item(context: RunContext) -> Iterator[Observation]:
    """The same item twice, which changes nothing."""
    if not context.tasks:
        yield unseen("bulk-duplicate", _NO_TASK)
        return
    asked = _bulk(context, [_unchanged(context.tasks[0])] * 2)
    results = ParsedExchange(asked).answered_field("results")
    if asked.accepted and (not isinstance(results, list) or len(results) != 2):
        yield unseen("bulk-duplicate", "two items of one task have not two results", asked)
    else:
        yield by_status("bulk-duplicate", {200: "each", 400: "reject"}, asked)


def missing_code(context: RunContext) -> Iterator[Observation]:
    """An item whose id is nobody's."""
    asked = _bulk(context, [{"link_id": context.some_id(), "status": "running"}])
    results = ParsedExchange(asked).answered_field("results")
    first = results[0] if isinstance(results, list) and results else None
    error = first.get("error") if isinstance(first, dict) else None
    if error in silences()["bulk-missing-code"].values:
        yield seen("bulk-missing-code", str(error), asked)
    else:
        yield unseen("bulk-missing-code", f"the item's error is {error}", asked)


def empty_logs(context: RunContext) -> Iterator[Observation]:
    """A batch without entries."""
    yield by_status("logs-empty", _TAKEN_OR_REFUSED, _log(context))


def bad_entry(context: RunContext) -> Iterator[Observation]:
    """A good entry beside one of an unknown level."""
    asked = _log(context, "INFO", "TRACE")
    created = ParsedExchange(asked).answered_field("created")
    if asked.accepted and created != 1:
        yield unseen("logs-bad-entry", f"created is {created}", asked)
    else:
        yield by_status("logs-bad-entry", {200: "skip", 400: "whole"}, asked)


def level_case(context: RunContext) -> Iterator[Observation]:
    """An entry whose level is in small letters."""
    asked = _log(context, "info")
    stored = "any" if ParsedExchange(asked).answered_field("created") else "exact"
    yield by_status("log-level-case", {200: stored, 400: "exact"}, asked)


def _bulk(context: RunContext, items: list[dict[str, Any]]) -> Exchange:
    return context.client.send("PUT", "/tasks/bulk", {"items": items})


def _unchanged(task: dict[str, Any]) -> dict[str, Any]:
    return {"link_id": task["id"], "status": task["status"]}


def _log(context: RunContext, *levels: str) -> Exchange:
    entries = [{"level": level, "message": "workerkit"} for level in levels]
    return context.client.send("POST", "/logs", {"logs": entries})
