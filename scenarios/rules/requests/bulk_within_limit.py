"""Rule bulk-within-limit: do not put too many items into one bulk update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.flawed_request import RequestFlawRule, is_too_long
from workerkit.scenarios.run_record.run import Run


@dataclass(frozen=True, slots=True)
class BulkWithinLimit(RequestFlawRule):
    """A bulk update must not have more items than the spec allows."""

    id: ClassVar[str] = "bulk-within-limit"
    why: ClassVar[str] = phrase(
        "If a batch is too long, the server refuses the whole batch, and no result in it is saved."
    )
    careful: ClassVar[str] = phrase("splits its results into batches of the size that the API page allows")
    no_occasion: ClassVar[str] = phrase("the worker sent no bulk update")

    def applies_to(self, exchange: Exchange, flaw: FlawError) -> bool:
        return is_too_long(exchange, flaw, "items")

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.operation == "bulkUpdateTasks" for exchange in run.own_exchanges)
