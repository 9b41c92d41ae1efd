"""The levels of log entries are the documented ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.requests.flawed_request import Flawed

_LEVEL = re.compile(r"body/logs/\d+/level")


@dataclass(frozen=True, slots=True)
class LogLevels(Flawed):
    """The level of each log entry is one of the spec's, in the spelling that the dialect asks for."""

    id: ClassVar[str] = "log-levels"
    why: ClassVar[str] = "One entry with an unknown level can cost the whole batch."
    careful: ClassVar[str] = "sends INFO, WARN, ERROR and DEBUG, whatever its own library calls its levels"

    def concerns(self, exchange: Exchange, flaw: FlawError) -> bool:
        return _LEVEL.fullmatch(flaw.place) is not None
