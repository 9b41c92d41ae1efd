"""Probes of the heartbeat: its fields, its content type, silence, and an offline server's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workerkit.contracts.relations.parsed_exchange import Reading
from workerkit.contracts.run.context import Walk
from workerkit.contracts.run.observation import Sight, by_status, seen, unseen
from workerkit.contracts.scripted.heartbeat_and_logs import heartbeat_of

_OTHER_NAME = "workerkit-probe"
SILENT_AFTER = 90.0
_TAKEN_OR_REFUSED = {200: "optional", 400: "required"}


def fields(walk: Walk) -> Iterator[Sight]:
    """A heartbeat without any field."""
    yield by_status("heartbeat-fields", _TAKEN_OR_REFUSED, walk.client.send("POST", "/health", {}))


def name(walk: Walk) -> Iterator[Sight]:
    """A heartbeat with a name that is not the server's; another puts the name right again."""
    asked = walk.client.send("POST", "/health", heartbeat_of(_OTHER_NAME))
    walk.client.send("POST", "/health", heartbeat_of(walk.own_name))
    data = Reading(asked).answered_field("data")
    answered = data.get("server_name") if isinstance(data, dict) else None
    value = {walk.own_name: "registered", _OTHER_NAME: "reported"}.get(str(answered))
    if value is None:
        yield unseen("heartbeat-name", f"answered {asked.status}, server_name {answered}", asked)
    else:
        yield seen("heartbeat-name", value, asked)


def content_type(walk: Walk) -> Iterator[Sight]:
    """A heartbeat as JSON that says it is plain text."""
    asked = walk.client.send("POST", "/health", heartbeat_of(walk.own_name), kind="text/plain")
    yield by_status("content-type", {200: "any", 400: "bad-request", 415: "unsupported"}, asked)


def revival(walk: Walk) -> Iterator[Sight]:
    """An inactive server's heartbeat, and whether its key is taken afterwards."""
    key = walk.target.inactive_api_key
    asked = walk.client.send("POST", "/health", heartbeat_of(walk.own_name), key=key)
    after = walk.client.tasks(key=key, limit=1)
    if asked.accepted and after.accepted:
        why = "the server of --inactive-api-key is active now"
        yield seen("offline-heartbeat", "revives", asked, after, why=why)
    elif asked.status == after.status == 401:
        yield seen("offline-heartbeat", "refused", asked)
    else:
        why = f"its heartbeat is answered {asked.status}, its list then {after.status}"
        yield unseen("offline-heartbeat", why, asked, after)


def silence(walk: Walk) -> Iterator[Sight]:
    """A list after more than 90 seconds without a heartbeat. Waits for them by the walk's clock."""
    beat = walk.client.send("POST", "/health", heartbeat_of(walk.own_name))
    if not beat.accepted:
        yield unseen("heartbeat-silence", f"the heartbeat before it was answered {beat.status}", beat)
        return
    walk.clock.wait(SILENT_AFTER + 1)
    asked = walk.client.tasks(limit=1)
    why = "" if asked.accepted else "the server under whose name the run works is offline now"
    values = {200: "ignored", 401: "offline"}
    yield replace(by_status("heartbeat-silence", values, asked), why=why, exchanges=(beat, asked))
