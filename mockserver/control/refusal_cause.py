"""Where in a world's state and past the cause of a refusal lies."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.timestamp import written
from workerkit.openapi.spec.api import UnknownPathError, WrongMethodError
from workerkit.openapi.spec.operation import Subject
from workerkit.scenarios.run_record.change import Change


def cause_of(world: World, exchange: Exchange) -> str | None:
    """Why an exchange was refused: `403: task T was given to server-02 at 10:00:07; ...`, with its secrets.

    Times are those of the world's clock, in UTC. None where it was not refused.
    """
    if exchange.accepted or exchange.status is None:
        return None
    told = {401: _of_key, 403: _of_subject}.get(exchange.status)
    reason = told(world, exchange) if told else None
    return f"{exchange.status}: {reason or exchange.why or 'no more is known'}"


def _of_key(world: World, exchange: Exchange) -> str | None:
    """What happened to a server or its keys, where that is what the key was refused for."""
    if exchange.server is None:
        return None
    latest = {change.field: change for change in _before(world, exchange, "server", exchange.server)}
    for change in sorted(latest.values(), key=lambda each: each.after, reverse=True):
        said = _said_of_server(world, exchange, change)
        if said is not None:
            return f"{said} at {_moment(change.at, exchange)} by {change.by}"
    return None


def _said_of_server(world: World, exchange: Exchange, change: Change) -> str | None:
    key = exchange.header(world.api.key_header)
    if change.field == "revoked" and change.now:
        return f"the keys of {change.id} were revoked"
    if change.field == "status" and change.now not in world.api.active_statuses:
        return f"{change.id} became {change.now}"
    if change.field == "api_key" and key not in change.now:
        return f"{change.id} was given another key"
    return None


def _of_subject(world: World, exchange: Exchange) -> str | None:
    """Whose the task of a request was, since when, and when the server that asked last saw it."""
    task = _task_of(world, exchange)
    if task is None:
        return None
    moves = [each for each in _before(world, exchange, "task", task.id) if each.field == "server"]
    given = moves[-1] if moves else None
    if given is None:
        return f"task {task.id} was never given to {exchange.server}; {_last_listed(world, exchange, task)}"
    if given.now == exchange.server:
        return None
    seen = _last_listed(world, exchange, task)
    return f"task {task.id} was given to {given.now} at {_moment(given.at, exchange)}; {seen} (by {given.by})"


def _before(world: World, exchange: Exchange, kind: str, subject: str) -> Iterator[Change]:
    """What happened to a thing before an exchange, the oldest first."""
    for change in world.past:
        if change.kind == kind and change.id == subject and change.after < exchange.number:
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
    listed = (each for each in reversed(list(world.journal)) if _lists(each, exchange, task))
    found = next(listed, None)
    if found is not None:
        return f"this server last listed it at {_moment(found.began, exchange)}"
    return (
        "this server never listed it" if not world.journal.dropped else "this server has not listed it lately"
    )


def _lists(each: Exchange, exchange: Exchange, task: Task) -> bool:
    earlier = each.number < exchange.number and each.server == exchange.server
    return (
        earlier and each.operation == "listTasks" and each.accepted and task.id.encode() in each.answer_body
    )


def _moment(at: float, exchange: Exchange) -> str:
    """The time of day or, where that is another day than the exchange's, the date as well."""
    text, day = written(at), written(exchange.began)[:10]
    return text[11:19] if text.startswith(day) else text
