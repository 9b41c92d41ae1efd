"""A server's time that does not go on between two heartbeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

# Far more than the second to which a server may round its time.
_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """Two heartbeats that were answered with one server_time, seconds apart."""

    first: Exchange
    last: Exchange
    server_time: str

    def __str__(self) -> str:
        apart = self.last.began - self.first.ended
        return f"server_time is {self.server_time} again, {apart:.0f} s later: it stands still"


def stopped_clock(exchanges: Iterable[Exchange]) -> StoppedClock | None:
    """The first and the last of the heartbeats, where their answers have one time; otherwise None."""
    timed = [
        (exchange, server_time)
        for exchange in exchanges
        if (server_time := _server_time(exchange)) is not None
    ]
    if len(timed) < 2:
        return None
    (first, server_time), (last, said_last) = timed[0], timed[-1]
    apart = last.began - first.ended
    return StoppedClock(first, last, server_time) if server_time == said_last and apart >= _SECONDS else None


def _server_time(exchange: Exchange) -> str | None:
    data = ParsedExchange(exchange).answered_field("data") if _is_heartbeat(exchange) else None
    server_time = data.get("server_time") if isinstance(data, dict) else None
    return server_time if isinstance(server_time, str) else None


def _is_heartbeat(exchange: Exchange) -> bool:
    return exchange.accepted and exchange.operation == "heartbeat"
