"""Finds the heartbeats of a run that count."""

from __future__ import annotations

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.run import Run

_TEMPORARY = (401, 429)


def heartbeats_of(run: Run) -> list[Exchange]:
    """Returns the worker's heartbeats, without those that the server refused for a lasting reason.

    A heartbeat with a temporary failure (401, 429, 5xx, no answer) is returned: the worker did send it. A
    heartbeat with a key that the worker's server never had is not returned.
    """
    return [
        exchange
        for exchange in run.own_exchanges
        if exchange.operation == "heartbeat" and exchange.server == run.server and not _is_refused(exchange)
    ]


def _is_refused(exchange: Exchange) -> bool:
    """Whether the server refused a request for a lasting reason, such as 400."""
    status = exchange.status
    return status is not None and 300 <= status < 500 and status not in _TEMPORARY
