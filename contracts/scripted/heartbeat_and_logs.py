"""Heartbeats and logs of the script."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import NOTE
from workerkit.openapi.exchange import Exchange

# Those of other systems.
_NO_LEVELS = ("TRACE", "WARNING")


def send_heartbeat(context: RunContext) -> None:
    """A whole heartbeat is taken, and answered for the server that the key belongs to; text is no number."""
    name = context.own_name
    whole = heartbeat_of(name)
    numbers = [each for each in whole if not isinstance(whole[each], str)]
    for number in numbers:
        context.expect("bad-request", context.client.send("POST", "/health", {**whole, number: "much"}), 400)
    context.expect(
        "heartbeat", context.client.send("POST", "/health", {**whole, **dict.fromkeys(numbers, 0)})
    )
    exchange = context.client.send("POST", "/health", whole)
    data = ParsedExchange(exchange).answered_field("data")
    if not context.expect("heartbeat", exchange) or not isinstance(data, dict) or context.server_name is None:
        return
    beating = f"{data.get('server_name')} ({data.get('server_id')})"
    listed = f"{name} ({context.server_id})"
    flaw = f"the heartbeat is answered for {beating}, the list for {listed}"
    context.ledger.judge("heartbeat-name", None if beating == listed else flaw, exchange)


def heartbeat_of(name: str) -> dict[str, Any]:
    """The body of a whole heartbeat."""
    usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
    counts = {"active_threads": 5, "active_tasks": 12}
    return {"server_name": name, "ip": "192.168.1.100", **usage, **counts}


def send_logs(context: RunContext) -> None:
    """Every level is taken; as many entries as the page allows are stored; one more is refused."""
    most = lenient_spec.most("LogBatch", "logs")
    names = lenient_spec.enumeration("LogLevel")
    levels = [{"level": name, "message": f"workerkit {name}"} for name in names]
    context.expect("logs-levels", _log(context, levels))
    context.expect("logs", _log(context, [{**levels[0], "message": NOTE}]))
    entries = [levels[0]] * (most + 1)
    context.expect("logs", _log(context, entries[:most]))
    context.expect("logs", _log(context, entries), 400, 413)


def refuse_unknown_level(context: RunContext) -> None:
    """A level outside the list is refused, or that entry is left out, which is a silence."""
    for level in _NO_LEVELS:
        exchange = _log(context, [{"level": level, "message": "workerkit"}])
        if not exchange.accepted:
            context.expect("logs-levels", exchange, 400)
            continue
        created = ParsedExchange(exchange).answered_field("created")
        flaw = f"an entry of the level {level} was taken, created is {created}"
        context.ledger.judge("logs-levels", None if created == 0 else flaw, exchange)


def _log(context: RunContext, entries: list[dict[str, str]]) -> Exchange:
    return context.client.send("POST", "/logs", {"logs": entries})
