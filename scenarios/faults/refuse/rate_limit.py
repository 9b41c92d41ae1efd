"""A fault: too many requests are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import NotNegative, Seconds


@dataclass(frozen=True, slots=True)
class RateLimit(Fault):
    """Requests are refused with 429 and Retry-After when there were too many. They change nothing.

    allowed: how many requests are accepted within the time `per`. Refused requests do not count.
    per: a duration on the world's clock.
    """

    kind: ClassVar[str] = "rate-limit"

    allowed: NotNegative = 0
    per: Seconds = 1.0
