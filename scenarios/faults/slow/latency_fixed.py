"""An answer that comes late, always by the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds


@dataclass(frozen=True, slots=True)
class LatencyFixed(Fault):
    """The request is applied at once; its answer comes so many seconds later."""

    kind: ClassVar[str] = "latency-fixed"

    seconds: Seconds
