"""No batch of log entries is too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.flawed_request import Flawed, is_too_long


@dataclass(frozen=True, slots=True)
class LogsWithinLimit(Flawed):
    """No batch of log entries is longer than the spec allows."""

    id: ClassVar[str] = "logs-within-limit"
    why: ClassVar[str] = "A batch that is too long is refused as a whole, and none of its entries is stored."
    careful: ClassVar[str] = "splits its log into batches of the size that the API's page allows"

    def concerns(self, exchange: Exchange, flaw: FlawError) -> bool:
        return is_too_long(exchange, flaw, "logs")
