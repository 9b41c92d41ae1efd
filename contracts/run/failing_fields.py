"""Finds the fields at which an operation always fails, whatever value the field has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

from workerkit.contracts.gate.way_trouble import is_system_error
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.request_text import is_plain
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_items_of, log_entries_of

# An operation and a field of its body, or of the items in its body.
Place = tuple[str, str]


def failing_fields(exchanges: Iterable[Exchange]) -> frozenset[Place]:
    """The operations and the fields at which they always fail.

    A plain valid request with the field was answered with a system error, and no request with a value in
    this field was accepted. Without the field, the operation accepted a request.
    """
    failed, accepted, operations = set[Place](), set[Place](), set[str | None]()
    for exchange in exchanges:
        if exchange.accepted:
            operations.add(exchange.operation)
            accepted.update(places_of(exchange))
        elif is_system_error(exchange) and is_plain(ParsedExchange(exchange)):
            failed.update(places_of(exchange))
    return frozenset(place for place in failed - accepted if place[0] in operations)


def places_of(exchange: Exchange) -> Iterator[Place]:
    """The operation with each field that has a value in the body, or in an item of the body."""
    body: object = None
    # A lone surrogate is no strict JSON, but its field counts.
    with suppress(ValueError):
        body = json.loads(exchange.request_body)
    for part in (body, *bulk_items_of(body), *log_entries_of(body)):
        if isinstance(part, dict):
            yield from (
                (str(exchange.operation), name) for name, value in part.items() if value not in ("", None)
            )
