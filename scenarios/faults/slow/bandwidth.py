"""A fault: the answer is sent at a low rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive


@dataclass(frozen=True, slots=True)
class Bandwidth(Fault):
    """The body of the answer is sent at `rate` bytes per second."""

    kind: ClassVar[str] = "bandwidth"

    rate: Positive
