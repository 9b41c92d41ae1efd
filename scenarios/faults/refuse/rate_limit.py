"""Too many requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import NotNegative, Seconds


@dataclass(frozen=True, slots=True)
class RateLimit(Fault):
    """The request is refused with 429 and Retry-After once `allowed` others were let through within `per`.

    `per` is on the world's clock. Nothing is applied, and what is refused does not count.
    """

    kind: ClassVar[str] = "rate-limit"

    allowed: NotNegative = 0
    per: Seconds = 1.0
