"""Finds the exchanges whose request does not have the key of an active server."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

MISSING, UNKNOWN, INACTIVE = "missing", "unknown", "inactive"


def wrong_keys(exchanges: Iterable[Exchange], target: Target) -> dict[int, str]:
    """By the number of an exchange: whether its key is `missing`, `unknown` or that of an `inactive` server.

    Exchanges with a right key are left out.
    """
    right = {target.api_key, target.other_api_key} - {None}
    keys = {exchange.number: exchange.header(worker_api().key_header) for exchange in exchanges}
    return {number: _kind(key, target) for number, key in keys.items() if key not in right}


def _kind(key: str | None, target: Target) -> str:
    if key is None:
        return MISSING
    return INACTIVE if key == target.inactive_api_key else UNKNOWN
