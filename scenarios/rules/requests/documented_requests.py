"""Every request is one that the API's page describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.bulk_within_limit import BulkWithinLimit
from workerkit.scenarios.rules.requests.flawed_request import Flawed
from workerkit.scenarios.rules.requests.log_levels import LogLevels
from workerkit.scenarios.rules.requests.logs_within_limit import LogsWithinLimit

_RULES_OF_THEIR_OWN: tuple[Flawed, ...] = (BulkWithinLimit(), LogsWithinLimit(), LogLevels())


@dataclass(frozen=True, slots=True)
class DocumentedRequests(Flawed):
    """Paths, methods, parameters and bodies are as the spec has them in the world's dialect."""

    id: ClassVar[str] = "documented-requests"
    why: ClassVar[str] = "A request that the API does not know is refused, and what it was to say is lost."
    careful: ClassVar[str] = (
        "sends the paths, parameters and fields of the API's page, each with a value of its type"
    )

    def concerns(self, exchange: Exchange, flaw: FlawError) -> bool:
        return not any(rule.concerns(exchange, flaw) for rule in _RULES_OF_THEIR_OWN)
