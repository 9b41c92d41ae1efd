"""A fault: the answer is late by a fixed time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds


@dataclass(frozen=True, slots=True)
class LatencyFixed(Fault):
    """The request takes effect at once. Its answer is sent after the delay `seconds`."""

    kind: ClassVar[str] = "latency-fixed"

    seconds: Seconds
