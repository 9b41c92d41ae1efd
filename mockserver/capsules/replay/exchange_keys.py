"""The API keys in recorded exchanges, and whether the server accepted them."""

from __future__ import annotations

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import key_of
from workerkit.openapi.spec.api import worker_api


def exchanges_by_key(exchanges: list[Exchange]) -> dict[str, list[Exchange]]:
    """The exchanges with an answer, grouped by the API key of the request."""
    groups: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        key = key_of(exchange)
        if key and exchange.status is not None:
            groups.setdefault(key, []).append(exchange)
    return groups


def refuses_key(exchange: Exchange) -> bool:
    """Whether the server refused the API key itself.

    A 401 always means that the key was refused. A 403 means this only if the API's documentation page has no
    403 for the operation. A documented 403 has another reason.
    """
    operation = worker_api().operations.get(exchange.operation or "")
    has_no_other_403 = operation is not None and 403 not in operation.answer_validators
    return exchange.status == 401 or (exchange.status == 403 and has_no_other_403)
