"""Which tasks something happens to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Protocol, TypeVar

from workerkit.scenarios.fields.kinds import GroupName, OneOf, Positive, ServerName, Share, TaskStatuses

THIS = "this"


class Selectable(Protocol):
    """What a selection looks at: a task."""

    id: str
    status: str
    server: str


T = TypeVar("T", bound=Selectable)


@dataclass(frozen=True, slots=True)
class Selection:
    """All tasks of the world, or `this`: those that the request names, or the one that changed.

    Of these, those with the status, of the server, of the group; and of what is left the `first` few or the
    first `share` (0.5 is half of them, rounded up), in the order in which tasks are listed.
    """

    which: Annotated[str, OneOf(("all", THIS))] = "all"
    group: GroupName | None = None
    status: TaskStatuses | None = None
    server: ServerName | None = None
    first: Positive | None = None
    share: Share | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.share is not None:
            raise ValueError("first and share are both given: keep one")

    def of(self, tasks: Iterable[T], group: frozenset[str]) -> Sequence[T]:
        """The tasks selected from these, which are in order; `group` are the ids of its group's tasks."""
        found = [task for task in tasks if self._fits(task, group)]
        if self.share is not None:
            return found[: ceil(self.share * len(found))]
        return found[: self.first]

    def _fits(self, task: Selectable, group: frozenset[str]) -> bool:
        return (
            (self.group is None or task.id in group)
            and (self.status is None or task.status in self.status)
            and self.server in (None, task.server)
        )
