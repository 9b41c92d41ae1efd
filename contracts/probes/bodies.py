"""Probes of bodies that some servers read and others refuse: near types, links, content types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed, observed_by_status
from workerkit.contracts.scripted.heartbeat_and_logs import known_level
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import created_of
from workerkit.openapi.languages.phrase import phrase

_NO_TASK = phrase("the server has no unused pending or queued task for this probe")
_OTHER_TYPE = "text/plain"
_LINK = "https://example.com/workerkit/text-plain/{}"
_IGNORED_NOTE = phrase(
    "this server ignores a body without the header `Content-Type: application/json`, and "
    "answers 2xx: a client without this header loses its results and gets no error"
)


def probe_integer_spelling(context: RunContext) -> Iterator[Observation]:
    """Sends a heartbeat with a count that has a zero fraction."""
    exchange = _beat(context, {**heartbeat_body(context.own_server_name), "active_tasks": 12.0})
    yield observed_by_status("integer-spelling", {200: "any", 400: "digits"}, exchange)


def probe_loose_types(context: RunContext) -> Iterator[Observation]:
    """Sends a heartbeat with a number as text, and a log entry with a number as its message."""
    beat = _beat(context, {**heartbeat_body(context.own_server_name), "active_tasks": "12"})
    log = context.client.send("POST", "/logs", {"logs": [{"level": known_level(), "message": 5}]})
    # A server may skip the entry instead of refusing the batch.
    is_stored = bool(log.accepted and created_of(ParsedExchange(log).answer_json))
    is_refused = log.status == 400 or (log.accepted and not is_stored)
    if beat.accepted and is_stored:
        yield observed("loose-types", "convert", beat, log)
    elif beat.status == 400 and is_refused:
        yield observed("loose-types", "reject", beat, log)
    else:
        why = phrase(
            'a heartbeat with the text "12" for a number was answered {status}, and a log entry '
            "with a number for a text was answered {status_2}",
            status=beat.status,
            status_2=log.status,
        )
        yield not_observed("loose-types", why, beat, log)


def probe_link_format(context: RunContext) -> Iterator[Observation]:
    """Updates a task with a link that is not a URL."""
    if not context.tasks:
        yield not_observed("link-format", _NO_TASK)
        return
    exchange = _update(context, context.tasks[0], {"link_post": "workerkit"})
    yield observed_by_status("link-format", {200: "any", 400: "url"}, exchange)


def probe_missing_body(context: RunContext) -> Iterator[Observation]:
    """Updates a task without a body. If the server refuses empty changes, also sends a heartbeat."""
    if not context.tasks:
        yield not_observed("missing-body", _NO_TASK)
        return
    exchange = _update(context, context.tasks[0], b"")
    if exchange.status == 400 and context.ledger.known_value("empty-change") != "accept":
        yield _missing_body_of_heartbeat(context, exchange)
    else:
        yield observed_by_status("missing-body", {200: "empty", 400: "reject"}, exchange)


def _missing_body_of_heartbeat(context: RunContext, update: Exchange) -> Observation:
    if not _takes_empty_heartbeats(context):
        why = phrase("the server also refuses the body {}, so a refusal of a missing body shows nothing")
        return not_observed("missing-body", why, update)
    exchange = _beat(context, b"")
    return observed_by_status("missing-body", {200: "empty", 400: "reject"}, exchange)


def probe_content_type(context: RunContext) -> Iterator[Observation]:
    """Updates a task with a body of the content type `text/plain`, and reads the task back.

    The status 200 does not show that the server read the body.
    """
    task = context.tasks[0] if context.tasks else None
    if task is None:
        yield not_observed("content-type", _NO_TASK)
        return
    link = _LINK.format(task["id"])
    update = _update(context, task, {"link_post": link}, kind=_OTHER_TYPE)
    if update.status == 400 and _may_refuse_ignored_body(context):
        yield _content_type_of_heartbeat(context, update)
    elif not update.accepted:
        yield observed_by_status("content-type", {400: "bad-request", 415: "unsupported"}, update)
    else:
        now, listed = context.find_task(str(task["id"]), str(task["status"]))
        yield _effect_of_update(context, link, now, update, listed)


def _effect_of_update(
    context: RunContext, link: str, now: Task | None, update: Exchange, listed: Exchange
) -> Observation:
    if now is None:
        return not_observed("content-type", phrase("no list shows the updated task"), update, listed)
    if now.get("link_post") == link:
        return observed("content-type", "any", update, listed)
    context.ledger.notes.append(_IGNORED_NOTE)
    return observed("content-type", "ignored", update, listed, why=_IGNORED_NOTE)


def _may_refuse_ignored_body(context: RunContext) -> bool:
    """True if the server may answer 400 because it ignored the body, and refuses the empty change."""
    known = context.ledger.known_value
    return known("missing-body") != "reject" and known("empty-change") != "accept"


def _content_type_of_heartbeat(context: RunContext, update: Exchange) -> Observation:
    if not _takes_empty_heartbeats(context):
        why = phrase("the server also refuses the body {}, so it may have refused or ignored the body")
        return not_observed("content-type", why, update)
    exchange = _beat(context, heartbeat_body(context.own_server_name), kind=_OTHER_TYPE)
    return observed_by_status("content-type", {200: "ignored", 400: "bad-request"}, exchange)


def _takes_empty_heartbeats(context: RunContext) -> bool:
    return context.writes is Writes.ALL and context.ledger.known_value("heartbeat-fields") == "optional"


def _beat(context: RunContext, body: dict[str, Any] | bytes, kind: str = "application/json") -> Exchange:
    return context.client.send("POST", "/health", body, kind=kind)


def _update(
    context: RunContext, task: Task, body: dict[str, Any] | bytes, kind: str = "application/json"
) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", body, kind=kind)
