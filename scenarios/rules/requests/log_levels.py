"""Rule log-levels: use only the levels of the API page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.flawed_request import RequestFlawRule
from workerkit.scenarios.run_record.run import Run

_LEVEL = re.compile(r"body/logs/\d+/level")


@dataclass(frozen=True, slots=True)
class LogLevels(RequestFlawRule):
    """The level of each log entry must be a level of the spec, spelled as the dialect demands."""

    id: ClassVar[str] = "log-levels"
    why: ClassVar[str] = phrase("If one entry has an unknown level, the server may refuse the whole batch.")
    careful: ClassVar[str] = phrase(
        "sends only levels of the API page, even if its log library has other names"
    )
    no_occasion: ClassVar[str] = phrase("the worker sent no logs")

    def applies_to(self, exchange: Exchange, flaw: FlawError) -> bool:
        return _LEVEL.fullmatch(flaw.place) is not None

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.operation == "sendLogs" for exchange in run.own_exchanges)
