"""Probes of the two batches: items of tasks, and log entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.parsed_exchange import Reading
from workerkit.contracts.run.context import Walk
from workerkit.contracts.run.observation import Sight, by_status, seen, unseen
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.silence import silences

_TAKEN_OR_REFUSED = {200: "accept", 400: "reject"}
_NO_TASK = "the server has no further pending or queued task to try it on"


def empty_batch(walk: Walk) -> Iterator[Sight]:
    """A bulk update without items."""
    yield by_status("bulk-empty", _TAKEN_OR_REFUSED, _bulk(walk, []))


def bad_item(walk: Walk) -> Iterator[Sight]:
    """An own task's item that changes nothing, beside one with an unknown status."""
    if not walk.tasks:
        yield unseen("bulk-bad-item", _NO_TASK)
        return
    good, bad = walk.tasks[0], walk.tasks[-1]
    bad_id = walk.some_id() if bad is good else str(bad["id"])
    items = [_unchanged(good), {"link_id": bad_id, "status": "nonsense"}]
    asked = _bulk(walk, items)
    counts = [Reading(asked).answered_field(name) for name in ("success", "failed")]
    if asked.accepted and counts != [1, 1]:
        yield unseen("bulk-bad-item", f"success is {counts[0]} and failed {counts[1]}", asked)
    else:
        yield by_status("bulk-bad-item", {200: "item", 400: "whole"}, asked)


def double_item(walk: Walk) -> Iterator[Sight]:
    """The same item twice, which changes nothing."""
    if not walk.tasks:
        yield unseen("bulk-duplicate", _NO_TASK)
        return
    asked = _bulk(walk, [_unchanged(walk.tasks[0])] * 2)
    results = Reading(asked).answered_field("results")
    if asked.accepted and (not isinstance(results, list) or len(results) != 2):
        yield unseen("bulk-duplicate", "two items of one task have not two results", asked)
    else:
        yield by_status("bulk-duplicate", {200: "each", 400: "reject"}, asked)


def missing_code(walk: Walk) -> Iterator[Sight]:
    """An item whose id is nobody's."""
    asked = _bulk(walk, [{"link_id": walk.some_id(), "status": "running"}])
    results = Reading(asked).answered_field("results")
    first = results[0] if isinstance(results, list) and results else None
    error = first.get("error") if isinstance(first, dict) else None
    if error in silences()["bulk-missing-code"].values:
        yield seen("bulk-missing-code", str(error), asked)
    else:
        yield unseen("bulk-missing-code", f"the item's error is {error}", asked)


def empty_logs(walk: Walk) -> Iterator[Sight]:
    """A batch without entries."""
    yield by_status("logs-empty", _TAKEN_OR_REFUSED, _log(walk))


def bad_entry(walk: Walk) -> Iterator[Sight]:
    """A good entry beside one of an unknown level."""
    asked = _log(walk, "INFO", "TRACE")
    created = Reading(asked).answered_field("created")
    if asked.accepted and created != 1:
        yield unseen("logs-bad-entry", f"created is {created}", asked)
    else:
        yield by_status("logs-bad-entry", {200: "skip", 400: "whole"}, asked)


def level_case(walk: Walk) -> Iterator[Sight]:
    """An entry whose level is in small letters."""
    asked = _log(walk, "info")
    stored = "any" if Reading(asked).answered_field("created") else "exact"
    yield by_status("log-level-case", {200: stored, 400: "exact"}, asked)


def _bulk(walk: Walk, items: list[dict[str, Any]]) -> Exchange:
    return walk.client.send("PUT", "/tasks/bulk", {"items": items})


def _unchanged(task: dict[str, Any]) -> dict[str, Any]:
    return {"link_id": task["id"], "status": task["status"]}


def _log(walk: Walk, *levels: str) -> Exchange:
    entries = [{"level": each, "message": "workerkit"} for each in levels]
    return walk.client.send("POST", "/logs", {"logs": entries})
