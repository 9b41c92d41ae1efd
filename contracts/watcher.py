"""What recorded traffic has against the spec, on either side, exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workerkit.contracts.reading import Reading
from workerkit.contracts.relations import relate
from workerkit.openapi.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Violation:
    """What one side did that no reading of the page allows."""

    side: Literal["worker", "server"]
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.side}: {self.rule}: {self.message}"


def violations(exchange: Exchange) -> Iterator[Violation]:
    """The violations that one exchange shows; a matter that the page leaves open is none."""
    reading = Reading(exchange)
    if reading.operation is None:
        yield Violation("worker", "documented", f"{exchange.method} {exchange.path} is no call of the page")
    elif reading.certain_flaw is not None:
        yield Violation("worker", reading.operation, str(reading.certain_flaw))
    for outcome in relate(exchange):
        if outcome.flaw is not None:
            yield Violation("server", outcome.rule, outcome.flaw)
