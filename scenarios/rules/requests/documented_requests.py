"""Rule documented-requests: send only requests that the API page describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.bulk_within_limit import BulkWithinLimit
from workerkit.scenarios.rules.requests.flawed_request import RequestFlawRule
from workerkit.scenarios.rules.requests.log_levels import LogLevels
from workerkit.scenarios.rules.requests.logs_within_limit import LogsWithinLimit
from workerkit.scenarios.run_record.run import Run

_OTHER_RULES: tuple[RequestFlawRule, ...] = (BulkWithinLimit(), LogsWithinLimit(), LogLevels())


@dataclass(frozen=True, slots=True)
class DocumentedRequests(RequestFlawRule):
    """All paths, methods, parameters and bodies must follow the spec in the dialect of the world.

    A request must also be clear. A query parameter must not be a misspelt name of the API page, such as
    `status[]`, `Status` or `statuses`. No object in a body may have a key twice.
    """

    id: ClassVar[str] = "documented-requests"
    why: ClassVar[str] = phrase(
        "The server refuses a request that the API does not have, or reads it in another way than the worker "
        "means it."
    )
    careful: ClassVar[str] = phrase(
        "uses only the paths, parameters and fields of the API page, with values of the right type"
    )
    no_occasion: ClassVar[str] = phrase("the worker sent no request")

    def applies_to(self, exchange: Exchange, flaw: FlawError) -> bool:
        return not any(rule.applies_to(exchange, flaw) for rule in _OTHER_RULES)

    def had_occasion(self, run: Run) -> bool:
        return bool(run.own_exchanges)
