"""What recorded traffic has against the spec, on either side, exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from workerkit.contracts.relations.relations import check_exchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.request_flaw import flaws_of

_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class PageViolation:
    """What one side did against the documentation."""

    side: Literal["worker", "server"]
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.side}: {self.rule}: {self.message}"


def violations(exchange: Exchange) -> tuple[PageViolation, ...]:
    """The violations that one exchange shows: of the worker against the spec, of the server against the page.

    What the page leaves open is held against no server; of a worker's request the spec's own choice is taken.
    """
    return _found_lately(replace(exchange, number=0, began=0.0, ended=0.0))


# Workers ask the same again and again, and get the same.
@lru_cache(_MOST_KEPT)
def _found_lately(exchange: Exchange) -> tuple[PageViolation, ...]:
    return tuple(_found(exchange))


def _found(exchange: Exchange) -> Iterator[PageViolation]:
    flaws = flaws_of((exchange,), worker_api())
    for _, flaw in flaws:
        yield PageViolation("worker", exchange.operation or "no-operation", str(flaw))
    for outcome in check_exchange(exchange, is_legal=not flaws):
        if outcome.flaw is not None:
            yield PageViolation("server", outcome.rule, outcome.flaw)
