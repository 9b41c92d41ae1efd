"""A fault: the server's time is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf, Seconds


@dataclass(frozen=True, slots=True)
class SkewedTime(Fault):
    """The `server_time` in the answer to a heartbeat is wrong by this duration, `ahead` or `behind`."""

    kind: ClassVar[str] = "skewed-time"
    operations: ClassVar[tuple[str, ...]] = ("heartbeat",)

    by: Seconds
    direction: Annotated[str, OneOf(("ahead", "behind"))] = "ahead"
