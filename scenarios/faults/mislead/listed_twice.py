"""A task twice on a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class ListedTwice(Fault):
    """A page's first task is also its last; a full page ends one task sooner for it."""

    kind: ClassVar[str] = "listed-twice"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)
