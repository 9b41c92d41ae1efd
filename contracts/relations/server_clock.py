"""A check of `server_time` in the answers to heartbeats: it must change after some seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import data_of
from workerkit.openapi.languages.phrase import phrase

# In seconds. Much longer than one second, because a server may round its time to whole seconds.
_LEAST_APART = 3.0


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """Two heartbeats, some seconds apart, with the same `server_time` in both answers."""

    first: Exchange
    last: Exchange
    server_time: str

    @property
    def text(self) -> str:
        """What is wrong, for people."""
        apart = self.last.began - self.first.ended
        return phrase(
            "server_time is still {server_time} after {apart:.0f} s, so the clock has stopped",
            server_time=self.server_time,
            apart=apart,
        )


def stopped_clock(exchanges: Iterable[Exchange]) -> StoppedClock | None:
    """The first and the last heartbeat, or None if the clock runs or cannot be judged.

    The clock has stopped if both answers have the same time, although at least 3 seconds passed between them.
    """
    timed = [
        (exchange, server_time)
        for exchange in exchanges
        if (server_time := _server_time(exchange)) is not None
    ]
    if len(timed) < 2:
        return None
    (first, server_time), (last, last_time) = timed[0], timed[-1]
    apart = last.began - first.ended
    return (
        StoppedClock(first, last, server_time) if server_time == last_time and apart >= _LEAST_APART else None
    )


def _server_time(exchange: Exchange) -> str | None:
    data = data_of(ParsedExchange(exchange).answer_json) if _is_heartbeat(exchange) else None
    server_time = data.get("server_time") if isinstance(data, dict) else None
    return server_time if isinstance(server_time, str) else None


def _is_heartbeat(exchange: Exchange) -> bool:
    return exchange.accepted and exchange.operation == "heartbeat"
