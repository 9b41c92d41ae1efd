"""Finds a status that a task may have had before an update, so that the update got the recorded answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_items_of, bulk_results_of, link_id_of

_Change = tuple[str | None, bool]


def status_before(exchange: Exchange, task_id: str, flow: Mapping[str, Collection[str]]) -> str | None:
    """A status of the task before the update. None if no status gives this answer.

    task_id: the id of the task, in lower case.
    flow: for each status, the statuses that may follow it.
    """
    changes = list(_changes(exchange, task_id))
    return next((status for status in flow if _gives(status, changes, flow)), None)


def _gives(status: str, changes: list[_Change], flow: Mapping[str, Collection[str]]) -> bool:
    for new, was_accepted in changes:
        is_allowed = new is None or new == status or new in flow[status]
        if is_allowed is not was_accepted:
            return False
        if was_accepted and new is not None:
            status = new
    return True


def _changes(exchange: Exchange, task_id: str) -> Iterator[_Change]:
    """The statuses that the request gives to a task, each with True if the server accepted it."""
    request = exchange.request_json()
    body = request if isinstance(request, dict) else {}
    if exchange.operation != "bulkUpdateTasks":
        new = "completed" if exchange.operation == "completeLink" else body.get("status")
        yield _text(new), exchange.accepted
        return
    results = bulk_results_of(exchange.answer_json())
    for item, result in zip(bulk_items_of(body), results, strict=False):
        if str(link_id_of(item)).lower() == task_id and isinstance(item, dict) and isinstance(result, dict):
            yield _text(item.get("status")), result.get("success") is True


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
