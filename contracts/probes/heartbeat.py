"""Probes of the heartbeat: its fields, missing heartbeats, and inactive servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed, observed_by_status
from workerkit.openapi.exchange_reader import data_of
from workerkit.openapi.languages.phrase import phrase

# A server may go offline after this many seconds without a heartbeat.
OFFLINE_AFTER_SECONDS = 90.0
_OTHER_NAME = "workerkit-probe"
_OPTIONAL_OR_REQUIRED = {200: "optional", 400: "required"}


def probe_missing_fields(context: RunContext) -> Iterator[Observation]:
    """Sends a heartbeat without any field."""
    exchange = context.client.send("POST", "/health", {})
    yield observed_by_status("heartbeat-fields", _OPTIONAL_OR_REQUIRED, exchange)


def probe_other_name(context: RunContext) -> Iterator[Observation]:
    """Sends a heartbeat with another server name, then a heartbeat with the correct name."""
    exchange = context.client.send("POST", "/health", heartbeat_body(_OTHER_NAME))
    context.client.send("POST", "/health", heartbeat_body(context.own_server_name))
    data = data_of(ParsedExchange(exchange).answer_json)
    answered_name = data.get("server_name") if isinstance(data, dict) else None
    value = {context.own_server_name: "registered", _OTHER_NAME: "reported"}.get(str(answered_name))
    if value is None:
        why = phrase(
            "answered {status} with the `server_name` {answered_name}",
            status=exchange.status,
            answered_name=answered_name,
        )
        yield not_observed("heartbeat-name", why, exchange)
    else:
        yield observed("heartbeat-name", value, exchange)


def probe_inactive_server(context: RunContext) -> Iterator[Observation]:
    """Sends a heartbeat with the key of the inactive server, then lists tasks with this key."""
    key = context.target.inactive_api_key
    beat = context.client.send("POST", "/health", heartbeat_body(context.own_server_name), key=key)
    after = context.client.get_tasks(key=key, limit=1)
    if beat.accepted and after.accepted:
        why = phrase("the server of --inactive-api-key is active now")
        yield observed("offline-heartbeat", "revives", beat, after, why=why)
    elif beat.status == after.status == 401:
        yield observed("offline-heartbeat", "refused", beat)
    else:
        why = phrase(
            "the heartbeat got the status {status}, and the next GET /tasks got {status_2}",
            status=beat.status,
            status_2=after.status,
        )
        yield not_observed("offline-heartbeat", why, beat, after)


def probe_missing_heartbeat(context: RunContext) -> Iterator[Observation]:
    """Sends no heartbeat for more than 90 seconds, then lists tasks. Waits with the clock of the run."""
    beat = context.client.send("POST", "/health", heartbeat_body(context.own_server_name))
    if not beat.accepted:
        reason = phrase("the heartbeat before the wait got the status {status}", status=beat.status)
        yield not_observed("heartbeat-silence", reason, beat)
        return
    context.clock.wait(OFFLINE_AFTER_SECONDS + 1)
    after = context.client.get_tasks(limit=1)
    why = "" if after.accepted else phrase("the server of --api-key is offline now")
    observation = observed_by_status("heartbeat-silence", {200: "ignored", 401: "offline"}, after)
    yield replace(observation, why=why, exchanges=(beat, after))
