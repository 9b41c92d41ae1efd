"""A fault: if too many requests come, some of them are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.retry_after_form import RetryAfterForm
from workerkit.scenarios.fields.kinds import NotNegative, Seconds


@dataclass(frozen=True, slots=True)
class RateLimit(Fault):
    """After `allowed` requests within `per`, the next requests are refused with 429 and Retry-After.

    Refused requests change nothing.

    allowed: how many requests are accepted within the time `per`. Refused requests do not count.
    per: a duration on the world's clock.
    retry_after_as: whether Retry-After has the seconds to wait, or the date after them.
    """

    kind: ClassVar[str] = "rate-limit"

    allowed: NotNegative = 0
    per: Seconds = 1.0
    retry_after_as: RetryAfterForm = "seconds"
