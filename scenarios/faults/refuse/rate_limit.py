"""A fault: if too many requests come, some of them are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import NotNegative, Seconds


@dataclass(frozen=True, slots=True)
class RateLimit(Fault):
    """After `allowed` requests within `per`, the next requests are refused with 429 and Retry-After.

    Refused requests change nothing.

    allowed: how many requests are accepted within the time `per`. Refused requests do not count.
    per: a duration on the world's clock.
    """

    kind: ClassVar[str] = "rate-limit"

    allowed: NotNegative = 0
    per: Seconds = 1.0
