"""Refuses what comes too fast."""

from __future__ import annotations

from math import ceil
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults import RateLimit

_TOO_MANY = 429


class RateLimitAction(FaultAction[RateLimit]):
    """Counts in the journal: what was refused with 429 does not stand in the way."""

    certain: ClassVar[bool] = False

    def before(self) -> None:
        now = self.world.clock.now()
        let_through = [began for began in self._let_through() if began > now - self.fault.per]
        if len(let_through) >= self.fault.allowed:
            first = let_through[-self.fault.allowed] if self.fault.allowed else now
            self.record()
            raise FaultAnswerError(self.journal_text, _TOO_MANY, max(1, ceil(first + self.fault.per - now)))

    def _let_through(self) -> list[float]:
        came = [
            exchange for exchange in self.world.journal if self.active.planned.concerns(exchange.operation)
        ]
        return [each.began for each in came if each.status != _TOO_MANY and each.began >= self.active.since]
