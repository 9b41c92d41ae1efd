"""An answer that comes late as in a real network: mostly a little, now and then a lot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds, Sigma


@dataclass(frozen=True, slots=True)
class LatencyLognormal(Fault):
    """The request is applied at once; its answer comes later by a lognormal time.

    Half of the answers come within `median`; `sigma` is the standard deviation of the time's logarithm; no
    answer is later than `most`.
    """

    kind: ClassVar[str] = "latency-lognormal"

    median: Seconds
    sigma: Sigma = 0.5
    most: Seconds = 60.0
