"""A fault: a page of a task list is out of date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive, Seconds


@dataclass(frozen=True, slots=True)
class StalePage(Fault):
    """The client gets an old page: the page as it was at the time of an earlier request with the same query.

    behind: how many requests ago. It is ignored if `lag` is given.
    lag: the page is at least this old, on the world's clock.
    If no page is old enough, the client gets the oldest one. The first request gets the current page.
    """

    kind: ClassVar[str] = "stale-page"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)

    behind: Positive = 1
    lag: Seconds | None = None
