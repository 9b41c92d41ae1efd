"""The fault `rate-limit`: answers 429 when requests come too fast."""

from __future__ import annotations

from math import ceil
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.faults.refuse.retry_after import retry_after_text
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.rate_limit import RateLimit

_TOO_MANY_REQUESTS = 429


class RateLimitAction(FaultAction[RateLimit]):
    """Counts the earlier requests in the journal. Requests that were answered with 429 do not count."""

    always_applies: ClassVar[bool] = False

    def before_handling(self) -> None:
        now = self.world.clock.now()
        allowed = [began for began in self._times_of_allowed() if began > now - self.fault.per]
        if len(allowed) >= self.fault.allowed:
            first = allowed[-self.fault.allowed] if self.fault.allowed else now
            seconds = max(1, ceil(first + self.fault.per - now))
            retry_after = retry_after_text(seconds, self.fault.retry_after_as, now=now)
            self.record()
            raise FaultAnswerError(self.journal_text, _TOO_MANY_REQUESTS, retry_after)

    def _times_of_allowed(self) -> list[float]:
        planned, since = self.active.planned, self.active.since
        return [
            exchange.began
            for exchange in self.world.journal
            if planned.counts(exchange.operation)
            and exchange.status != _TOO_MANY_REQUESTS
            and exchange.began >= since
        ]
