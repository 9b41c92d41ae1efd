"""Violations of the documentation in recorded traffic, by the worker or by the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from workerkit.contracts.relations.relations import check_exchange
from workerkit.mockserver.capsules.file.capsule import LEFT_OUT
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import error_text, joined
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.request_flaw import flaws_of

_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class PageViolation:
    """One violation of the documentation.

    side: who violated it.
    rule: for a server, the id of the broken rule. For a worker, the operation of its request.
    message: what is wrong.
    """

    side: Literal["worker", "server"]
    rule: str
    message: str

    @property
    def text(self) -> str:
        """The violation for people, in one line."""
        return joined(": ", (self.side, self.rule, self.message))

    def __str__(self) -> str:
        return str(self.text)


def violations(exchange: Exchange) -> tuple[PageViolation, ...]:
    """The violations in one exchange.

    An answer whose body could not be decoded is not checked.
    A worker has to follow the spec. A server only has to follow the API page: the silences are not checked.
    """
    return _cached_violations(replace(exchange, number=0, began=0.0, ended=0.0))


# Workers often send the same request and get the same answer, so the results for equal exchanges are stored.
@lru_cache(_MOST_KEPT)
def _cached_violations(exchange: Exchange) -> tuple[PageViolation, ...]:
    return tuple(_violations(exchange))


def _violations(exchange: Exchange) -> Iterator[PageViolation]:
    flaws = flaws_of((exchange,), worker_api())
    for _, flaw in flaws:
        yield PageViolation("worker", exchange.operation or "no-operation", error_text(flaw))
    if LEFT_OUT in exchange.why:
        return
    for result in check_exchange(exchange, is_legal=not flaws):
        if result.flaw is not None:
            yield PageViolation("server", result.rule, result.flaw)
