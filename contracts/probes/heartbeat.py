"""Probes of the heartbeat: its fields, its content type, silence, and an offline server's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, by_status, seen, unseen
from workerkit.contracts.scripted.heartbeat_and_logs import heartbeat_of

_OTHER_NAME = "workerkit-probe"
SILENT_AFTER = 90.0
_TAKEN_OR_REFUSED = {200: "optional", 400: "required"}


def fields(context: RunContext) -> Iterator[Observation]:
    """A heartbeat without any field."""
    yield by_status("heartbeat-fields", _TAKEN_OR_REFUSED, context.client.send("POST", "/health", {}))


def name(context: RunContext) -> Iterator[Observation]:
    """A heartbeat with a name that is not the server's; another puts the name right again."""
    asked = context.client.send("POST", "/health", heartbeat_of(_OTHER_NAME))
    context.client.send("POST", "/health", heartbeat_of(context.own_name))
    data = ParsedExchange(asked).answered_field("data")
    answered = data.get("server_name") if isinstance(data, dict) else None
    value = {context.own_name: "registered", _OTHER_NAME: "reported"}.get(str(answered))
    if value is None:
        yield unseen("heartbeat-name", f"answered {asked.status}, server_name {answered}", asked)
    else:
        yield seen("heartbeat-name", value, asked)


def content_type(context: RunContext) -> Iterator[Observation]:
    """A heartbeat as JSON that says it is plain text."""
    asked = context.client.send("POST", "/health", heartbeat_of(context.own_name), kind="text/plain")
    yield by_status("content-type", {200: "any", 400: "bad-request", 415: "unsupported"}, asked)


def revival(context: RunContext) -> Iterator[Observation]:
    """An inactive server's heartbeat, and whether its key is taken afterwards."""
    key = context.target.inactive_api_key
    asked = context.client.send("POST", "/health", heartbeat_of(context.own_name), key=key)
    after = context.client.tasks(key=key, limit=1)
    if asked.accepted and after.accepted:
        why = "the server of --inactive-api-key is active now"
        yield seen("offline-heartbeat", "revives", asked, after, why=why)
    elif asked.status == after.status == 401:
        yield seen("offline-heartbeat", "refused", asked)
    else:
        why = f"its heartbeat is answered {asked.status}, its list then {after.status}"
        yield unseen("offline-heartbeat", why, asked, after)


def silence(context: RunContext) -> Iterator[Observation]:
    """A list after more than 90 seconds without a heartbeat. Waits for them by the walk's clock."""
    beat = context.client.send("POST", "/health", heartbeat_of(context.own_name))
    if not beat.accepted:
        yield unseen("heartbeat-silence", f"the heartbeat before it was answered {beat.status}", beat)
        return
    context.clock.wait(SILENT_AFTER + 1)
    asked = context.client.tasks(limit=1)
    why = "" if asked.accepted else "the server under whose name the run works is offline now"
    values = {200: "ignored", 401: "offline"}
    yield replace(by_status("heartbeat-silence", values, asked), why=why, exchanges=(beat, asked))
