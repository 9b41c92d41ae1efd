"""Scripted heartbeats and log batches: valid ones, and ones that the server must refuse."""

from __future__ import annotations

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import NOTE, unknown_levels
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import created_of, data_of
from workerkit.openapi.languages.phrase import phrase


def send_heartbeat(context: RunContext) -> None:
    """Sends heartbeats.

    A complete heartbeat has to be accepted, and its answer has to name the server of the key. A text in a
    number field has to get 400.
    """
    name = context.own_server_name
    body = heartbeat_body(name)
    number_fields = [field for field in body if not isinstance(body[field], str)]
    for field in number_fields:
        context.expect_status(
            "bad-request", context.client.send("POST", "/health", {**body, field: "much"}), 400
        )
    context.expect_status(
        "heartbeat", context.client.send("POST", "/health", {**body, **dict.fromkeys(number_fields, 0)})
    )
    exchange = context.client.send("POST", "/health", body)
    data = data_of(ParsedExchange(exchange).answer_json)
    if (
        not context.expect_status("heartbeat", exchange)
        or not isinstance(data, dict)
        or context.server_name is None
    ):
        return
    heartbeat_server = f"{data.get('server_name')} ({data.get('server_id')})"
    list_server = f"{name} ({context.server_id})"
    flaw = phrase(
        "the answer to the heartbeat names {heartbeat_server}, the list names {list_server}",
        heartbeat_server=heartbeat_server,
        list_server=list_server,
    )
    context.ledger.record_check("heartbeat-name", None if heartbeat_server == list_server else flaw, exchange)


def known_level() -> str:
    """A log level of the API page."""
    return lenient_spec.enum_values("LogLevel")[0]


def send_logs(context: RunContext) -> None:
    """Sends logs with each level, with the most entries that the API page allows, and with one entry more."""
    most = lenient_spec.max_batch_size("LogBatch", "logs")
    names = lenient_spec.enum_values("LogLevel")
    levels = [{"level": name, "message": f"workerkit {name}"} for name in names]
    context.expect_status("logs-levels", _log(context, levels))
    context.expect_status("logs", _log(context, [{**levels[0], "message": NOTE}]))
    entries = [levels[0]] * (most + 1)
    context.expect_status("logs", _log(context, entries[:most]))
    context.expect_status("logs", _log(context, entries), 400, 413)


def send_unknown_levels(context: RunContext) -> None:
    """Sends entries with unknown levels. A server has to refuse the batch, or to skip the entry."""
    for level in unknown_levels():
        exchange = _log(context, [{"level": level, "message": "workerkit"}])
        if not exchange.accepted:
            context.expect_status("logs-levels", exchange, 400)
            continue
        created = created_of(ParsedExchange(exchange).answer_json)
        flaw = phrase(
            "an entry with the unknown level {level} was accepted, and created is {created}",
            level=level,
            created=created,
        )
        context.ledger.record_check("logs-levels", None if created == 0 else flaw, exchange)


def _log(context: RunContext, entries: list[dict[str, str]]) -> Exchange:
    return context.client.send("POST", "/logs", {"logs": entries})
