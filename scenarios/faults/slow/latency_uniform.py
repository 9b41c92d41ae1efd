"""A fault: the answer is late by a random time between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds


@dataclass(frozen=True, slots=True)
class LatencyUniform(Fault):
    """The request takes effect at once. Its answer is sent after a random time from `least` to `most`."""

    kind: ClassVar[str] = "latency-uniform"

    least: Seconds
    most: Seconds

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise ValueError("least is more than most: exchange the two")
