"""The tasks that an effect applies to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Protocol, TypeVar

from workerkit.scenarios.fields.kinds import GroupName, OneOf, Positive, ServerName, Share, TaskStatuses

THIS = "this"


class SelectableTask(Protocol):
    """The fields of a task that a selection reads."""

    id: str
    status: str
    server: str


T = TypeVar("T", bound=SelectableTask)


@dataclass(frozen=True, slots=True)
class Selection:
    """The tasks that an effect applies to.

    which: `all` is every task of the world. `this` is the tasks that the request names, or the task whose
        status changed.
    group: only tasks of this group.
    status: only tasks with one of these statuses.
    server: only tasks of this server.
    first: only this number of tasks: the first ones in the order of the task list.
    share: only this part of the tasks, from the start of the list: 0.5 is the first half. The number of
        tasks is rounded up.
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

    def select(self, tasks: Iterable[T], group: frozenset[str]) -> Sequence[T]:
        """The selected tasks, in the order of `tasks`. `group` has the ids of the tasks of the group."""
        found = [task for task in tasks if self._matches(task, group)]
        if self.share is not None:
            return found[: ceil(self.share * len(found))]
        return found[: self.first]

    def _matches(self, task: SelectableTask, group: frozenset[str]) -> bool:
        return (
            (self.group is None or task.id in group)
            and (self.status is None or task.status in self.status)
            and self.server in (None, task.server)
        )
