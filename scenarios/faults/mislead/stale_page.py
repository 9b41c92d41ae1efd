"""A page as it was a while ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive, Seconds


@dataclass(frozen=True, slots=True)
class StalePage(Fault):
    """A page is the one that the same request would have got `behind` such requests ago.

    Where `lag` is given: at least that long ago, on the world's clock. Where none is so old it is the oldest
    one; the first request is answered as ever.
    """

    kind: ClassVar[str] = "stale-page"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)

    behind: Positive = 1
    lag: Seconds | None = None
