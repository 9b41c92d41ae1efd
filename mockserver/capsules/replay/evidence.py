"""What exchanges tell of a server: whose keys they came with, which tasks there are, what became of them."""

from __future__ import annotations

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import key_of
from workerkit.openapi.spec.api import worker_api


def by_key(exchanges: list[Exchange]) -> dict[str, list[Exchange]]:
    """The exchanges that were answered, by the key that they came with."""
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        key = key_of(exchange)
        if key and exchange.status is not None:
            found.setdefault(key, []).append(exchange)
    return found


def refuses_key(exchange: Exchange) -> bool:
    """Whether an answer is one that no server's key gets: 401, or 403 where no task can be another's."""
    operation = worker_api().operations.get(exchange.operation or "")
    no_task = operation is not None and 403 not in operation.answers
    return exchange.status == 401 or (exchange.status == 403 and no_task)


def number(value: object) -> float:
    """A number that was told, or 0 for what is none."""
    return value if isinstance(value, int | float) else 0
