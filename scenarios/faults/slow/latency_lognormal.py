"""A fault: the answer is late by a random time, as in a real network: mostly short, sometimes long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds, Sigma


@dataclass(frozen=True, slots=True)
class LatencyLognormal(Fault):
    """The request takes effect at once. Its answer is sent after a random time with a lognormal distribution.

    median: half of the times are shorter than this.
    sigma: the standard deviation of the logarithm of the times.
    most: no time is longer than this.
    """

    kind: ClassVar[str] = "latency-lognormal"

    median: Seconds
    sigma: Sigma = 0.5
    most: Seconds = 60.0
