"""Finds out why an exchange was refused, from the changes and the earlier exchanges of its world."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.spec.api import UnknownPathError, WrongMethodError
from workerkit.openapi.spec.operation import Subject
from workerkit.scenarios.run_record.change import Change


def refusal_cause_of(world: World, exchange: Exchange) -> str | None:
    """Returns why an exchange was refused. None if it was not refused.

    Example: `403: task T was given to server-02 at 10:00:07 by the control plane; server-01 last listed it at
    10:00:03`. Times are UTC on the world's clock. The text is not masked.
    """
    if exchange.accepted or exchange.status is None:
        return None
    find_reason = {401: _reason_for_401, 403: _reason_for_403}.get(exchange.status)
    reason = find_reason(world, exchange) if find_reason else None
    return f"{exchange.status}: {reason or exchange.why or 'the reason is unknown'}"


def _reason_for_401(world: World, exchange: Exchange) -> str | None:
    """Returns the last change of the server or its keys that explains a 401. None if there is none."""
    if exchange.server is None:
        return None
    changes = _changes_before(world, exchange, "server", exchange.server)
    latest = {change.field: change for change in changes}
    for change in sorted(latest.values(), key=lambda change: change.after, reverse=True):
        text = _server_change_text(world, exchange, change)
        if text is not None:
            return f"{text} at {_time_text(change.at, exchange)} by {change.by}"
    return None


def _server_change_text(world: World, exchange: Exchange, change: Change) -> str | None:
    """Returns the change as text. None if the change does not explain a 401."""
    key = exchange.header(world.api.key_header)
    if change.field == "revoked" and change.now:
        return f"the keys of {change.id} were revoked"
    if change.field == "status" and change.now not in world.api.active_statuses:
        return f"{change.id} became {change.now}"
    if change.field == "api_key" and key not in change.now:
        return f"{change.id} was given another key"
    return None


def _reason_for_403(world: World, exchange: Exchange) -> str | None:
    """Returns which server has the task of the request, and when the sender of the request last listed it.

    None if the request has no task, or if the sender has the task.
    """
    task = _task_of(world, exchange)
    if task is None:
        return None
    changes = _changes_before(world, exchange, "task", task.id)
    moves = [change for change in changes if change.field == "server"]
    listed = _last_listed(world, exchange, task)
    if not moves:
        return f"task {task.id} was never given to {exchange.server}; {listed}"
    move = moves[-1]
    if move.now == exchange.server:
        return None
    moved_at = _time_text(move.at, exchange)
    return f"task {task.id} was given to {move.now} at {moved_at} by {move.by}; {listed}"


def _changes_before(world: World, exchange: Exchange, kind: str, entity_id: str) -> Iterator[Change]:
    """Returns the changes of an entity before an exchange, the oldest first."""
    for change in world.change_log.changes:
        if change.kind == kind and change.id == entity_id and change.after < exchange.number:
            yield change


def _task_of(world: World, exchange: Exchange) -> Task | None:
    try:
        match = world.api.match(exchange.method, exchange.path)
    except (UnknownPathError, WrongMethodError):
        return None
    subject: Subject | None = match.operation.subject
    if subject is None or subject.kind != "task":
        return None
    task_id = match.operation.subject_id(match.path_values, exchange.request_body)
    return world.tasks.get(unquote(task_id or "").lower())


def _last_listed(world: World, exchange: Exchange, task: Task) -> str:
    for earlier in reversed(list(world.journal)):
        if _lists_task(earlier, exchange, task):
            return f"{exchange.server} last listed it at {_time_text(earlier.began, exchange)}"
    if world.journal.dropped:
        return f"{exchange.server} did not list it in the exchanges that the journal still has"
    return f"{exchange.server} never listed it"


def _lists_task(earlier: Exchange, exchange: Exchange, task: Task) -> bool:
    """Whether `earlier` is a task list in which the server of `exchange` saw the task.

    `earlier` must come before `exchange` in the journal.
    """
    return (
        earlier.number < exchange.number
        and earlier.server == exchange.server
        and earlier.operation == "listTasks"
        and earlier.accepted
        and task.id.encode() in earlier.answer_body
    )


def _time_text(at: float, exchange: Exchange) -> str:
    """Returns the time of day. If the day differs from the day of the exchange, returns the date, too."""
    text, day = time_text(at), time_text(exchange.began)[:10]
    return text[11:19] if text.startswith(day) else text
