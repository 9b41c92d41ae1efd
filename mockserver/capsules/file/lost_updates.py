"""Finds updates that a server accepted but did not keep, by the lists that came later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    bulk_items_of,
    key_of,
    link_id_of,
    listed_tasks,
    task_ownership,
    total_of,
)

# A list shows these fields of an update, and its status.
_LINK_FIELDS = ("link_profile", "link_post")
# A server may change other statuses itself: it may queue pending tasks and retry failed ones.
_LASTING_STATUSES = ("running", "completed", "canceled")


def accepted_changes(exchange: Exchange) -> dict[str, Mapping[str, Any]]:
    """The fields that an accepted request gave to tasks, by task id in lower case."""
    return {task_id: _fields(exchange, task_id) for task_id, is_own in task_ownership(exchange) if is_own}


def lost_updates(exchanges: Sequence[Exchange]) -> set[int]:
    """The numbers of the exchanges whose updates were accepted, but not kept for any of their tasks.

    A later list shows this, if the task was not changed again before the list. An update counts only if a
    list shows it for all its tasks. Of an update with a status, only the status counts.
    """
    lost: set[int] = set()
    for index, exchange in enumerate(exchanges):
        changes = accepted_changes(exchange)
        if changes and all(
            _is_lost(task_id, fields, exchange, exchanges[index + 1 :]) for task_id, fields in changes.items()
        ):
            lost.add(exchange.number)
    return lost


def _is_lost(task_id: str, fields: Mapping[str, Any], update: Exchange, later: Sequence[Exchange]) -> bool:
    names = ("status",) if "status" in fields else _LINK_FIELDS
    wanted = {name: fields[name] for name in names if name in fields}
    for exchange in later:
        if task_id in accepted_changes(exchange):
            return False
        if key_of(exchange) == key_of(update) and (shown := _shown(exchange, task_id, wanted)) is not None:
            return not shown
    return False


def _shown(exchange: Exchange, task_id: str, wanted: Mapping[str, Any]) -> bool | None:
    """Whether a list shows at least one of the changed fields. None if it shows nothing about the task."""
    tasks = listed_tasks(exchange)
    if tasks is None or not wanted:
        return None
    task = next((task for task in tasks if task["id"].lower() == task_id), None)
    status = wanted.get("status")
    if task is not None:
        is_lasting = status is None or status in _LASTING_STATUSES
        return any(task.get(name) == value for name, value in wanted.items()) if is_lasting else None
    query = dict(parse_qsl(exchange.query))
    is_complete = not query.keys() & {"after", "page", "service_type"} and total_of(
        exchange.answer_json()
    ) == len(tasks)
    asked = query.get("status", "pending,queued").split(",")
    return False if is_complete and status in asked and status in _LASTING_STATUSES else None


def _fields(exchange: Exchange, task_id: str) -> Mapping[str, Any]:
    request = exchange.request_json()
    if exchange.operation == "bulkUpdateTasks":
        return dict(_last_item(bulk_items_of(request), task_id))
    fields = request if isinstance(request, dict) else {}
    return {**fields, "status": "completed"} if exchange.operation == "completeLink" else fields


def _last_item(items: Sequence[Any], task_id: str) -> Iterator[tuple[str, Any]]:
    same = [item for item in items if isinstance(item, dict) and str(link_id_of(item)).lower() == task_id]
    yield from same[-1].items() if same else ()
