"""A fault: a page of a task list has the same task twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class ListedTwice(Fault):
    """A page ends with its first task again. The last task of a full page moves to the next page."""

    kind: ClassVar[str] = "listed-twice"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)
