"""What recorded traffic has against the spec, on either side, exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workerkit.contracts.relations import relate
from workerkit.openapi.api import worker_api
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.request_flaw import flaws_of


@dataclass(frozen=True, slots=True)
class Violation:
    """What one side did against the documentation."""

    side: Literal["worker", "server"]
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.side}: {self.rule}: {self.message}"


def violations(exchange: Exchange) -> Iterator[Violation]:
    """The violations that one exchange shows: of the worker against the spec, of the server against the page.

    What the page leaves open is held against no server; of a worker's request the spec's own choice is taken.
    """
    for _, flaw in flaws_of((exchange,), worker_api()):
        yield Violation("worker", exchange.operation or "no-operation", str(flaw))
    for outcome in relate(exchange):
        if outcome.flaw is not None:
            yield Violation("server", outcome.rule, outcome.flaw)
