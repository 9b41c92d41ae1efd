"""A thin line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive


@dataclass(frozen=True, slots=True)
class Bandwidth(Fault):
    """The body of the answer comes at so many bytes a second."""

    kind: ClassVar[str] = "bandwidth"

    rate: Positive
