"""Heartbeats and logs of the script."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.parsed_exchange import Reading
from workerkit.contracts.run.context import Walk
from workerkit.contracts.scripted.bodies import NOTE
from workerkit.openapi.exchange import Exchange

# Those of other systems.
_NO_LEVELS = ("TRACE", "WARNING")


def send_heartbeat(walk: Walk) -> None:
    """A whole heartbeat is taken, and answered for the server that the key belongs to; text is no number."""
    name = walk.own_name
    whole = heartbeat_of(name)
    numbers = [each for each in whole if not isinstance(whole[each], str)]
    for each in numbers:
        walk.expect("bad-request", walk.client.send("POST", "/health", {**whole, each: "much"}), 400)
    walk.expect("heartbeat", walk.client.send("POST", "/health", {**whole, **dict.fromkeys(numbers, 0)}))
    exchange = walk.client.send("POST", "/health", whole)
    data = Reading(exchange).answered_field("data")
    if not walk.expect("heartbeat", exchange) or not isinstance(data, dict) or walk.server_name is None:
        return
    beating = f"{data.get('server_name')} ({data.get('server_id')})"
    listed = f"{name} ({walk.server_id})"
    flaw = f"the heartbeat is answered for {beating}, the list for {listed}"
    walk.ledger.judge("heartbeat-name", None if beating == listed else flaw, exchange)


def heartbeat_of(name: str) -> dict[str, Any]:
    """The body of a whole heartbeat."""
    usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
    counts = {"active_threads": 5, "active_tasks": 12}
    return {"server_name": name, "ip": "192.168.1.100", **usage, **counts}


def send_logs(walk: Walk) -> None:
    """Every level is taken; as many entries as the page allows are stored; one more is refused."""
    most = lenient_spec.most("LogBatch", "logs")
    names = lenient_spec.enumeration("LogLevel")
    levels = [{"level": name, "message": f"workerkit {name}"} for name in names]
    walk.expect("logs-levels", _log(walk, levels))
    walk.expect("logs", _log(walk, [{**levels[0], "message": NOTE}]))
    entries = [levels[0]] * (most + 1)
    walk.expect("logs", _log(walk, entries[:most]))
    walk.expect("logs", _log(walk, entries), 400, 413)


def refuse_unknown_level(walk: Walk) -> None:
    """A level outside the list is refused, or that entry is left out, which is a silence."""
    for level in _NO_LEVELS:
        exchange = _log(walk, [{"level": level, "message": "workerkit"}])
        if not exchange.accepted:
            walk.expect("logs-levels", exchange, 400)
            continue
        created = Reading(exchange).answered_field("created")
        flaw = f"an entry of the level {level} was taken, created is {created}"
        walk.ledger.judge("logs-levels", None if created == 0 else flaw, exchange)


def _log(walk: Walk, entries: list[dict[str, str]]) -> Exchange:
    return walk.client.send("POST", "/logs", {"logs": entries})
