"""A fault: the answer is sent in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive, Seconds


@dataclass(frozen=True, slots=True)
class Dribble(Fault):
    """The body of the answer is sent in `pieces` equal pieces, spread evenly over the duration `over`."""

    kind: ClassVar[str] = "dribble"

    pieces: Positive = 5
    over: Seconds = 1.0
