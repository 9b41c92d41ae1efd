"""An answer that comes late, by a time between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds


@dataclass(frozen=True, slots=True)
class LatencyUniform(Fault):
    """The request is applied at once; its answer comes `least` to `most` later, all equally likely."""

    kind: ClassVar[str] = "latency-uniform"

    least: Seconds
    most: Seconds

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise ValueError("least is more than most")
