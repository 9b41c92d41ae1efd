"""A server whose clock is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf, Seconds


@dataclass(frozen=True, slots=True)
class SkewedTime(Fault):
    """The `server_time` of a heartbeat's answer is off by so much, to the one side or the other."""

    kind: ClassVar[str] = "skewed-time"
    operations: ClassVar[tuple[str, ...]] = ("heartbeat",)

    by: Seconds
    direction: Annotated[str, OneOf(("ahead", "behind"))] = "ahead"
