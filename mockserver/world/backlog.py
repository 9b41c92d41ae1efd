"""The tasks of one server, sorted in list order and grouped by status and service type."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection

from workerkit.mockserver.world.entities import Task

_Places = list[int]


class Backlog:
    """The tasks of one server. `GET /tasks` lists them in the order of `Task.place`, the lowest place first.

    A group is the sorted list of places of all tasks with one status and one service type. A filter selects
    groups. The first task of a page is found by binary search in these groups. So a late page takes about as
    long as an early page.
    """

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}
        self._groups: dict[tuple[str, str], _Places] = {}

    def add(self, task: Task) -> None:
        """Adds a task. No other task of the backlog may have its place."""
        self._tasks[task.place] = task
        insort(self._groups.setdefault((task.status, task.service_type), []), task.place)

    def remove(self, task: Task) -> None:
        """Removes a task. Raises KeyError if the backlog does not have it."""
        del self._tasks[task.place]
        group = self._groups[task.status, task.service_type]
        del group[bisect_left(group, task.place)]

    def change_status(self, task: Task, status: str) -> None:
        """Sets the status of a task and moves the task to the group of the new status."""
        if status != task.status:
            self.remove(task)
            task.status = status
            self.add(task)

    def count(self, statuses: Collection[str], service_type: str | None) -> int:
        """How many tasks have one of the statuses and the service type. None means any service type."""
        return sum(map(len, self._matching_groups(statuses, service_type)))

    def count_after(self, statuses: Collection[str], service_type: str | None, *, place: int) -> int:
        """How many tasks match the filter and come after a place."""
        groups = self._matching_groups(statuses, service_type)
        return sum(len(group) - bisect_right(group, place) for group in groups)

    def page(
        self, statuses: Collection[str], service_type: str | None, *, skip: int, limit: int
    ) -> list[Task]:
        """The tasks that match the filter, without the first `skip`, and at most `limit` of them."""
        groups = self._matching_groups(statuses, service_type)
        if skip >= sum(map(len, groups)):
            return []
        first = _place_at_index(groups, skip) if skip else min(group[0] for group in groups)
        return self._tasks_from(groups, first, limit)

    def after(
        self, statuses: Collection[str], service_type: str | None, *, place: int, limit: int
    ) -> list[Task]:
        """The first tasks after a place that match the filter, at most `limit` of them."""
        return self._tasks_from(self._matching_groups(statuses, service_type), place + 1, limit)

    def _matching_groups(self, statuses: Collection[str], service_type: str | None) -> list[_Places]:
        return [
            group
            for (status, kind), group in self._groups.items()
            if group and status in statuses and service_type in (None, kind)
        ]

    def _tasks_from(self, groups: list[_Places], first: int, limit: int) -> list[Task]:
        found: list[int] = []
        for group in groups:
            begin = bisect_left(group, first)
            found += group[begin : begin + limit]
        found.sort()
        return [self._tasks[place] for place in found[:limit]]


def _place_at_index(groups: list[_Places], index: int) -> int:
    """Returns the place at this index, from 0, in the sorted list of all places of all groups."""
    low, high = min(group[0] for group in groups), max(group[-1] for group in groups)
    while low < high:
        middle = (low + high) // 2
        if sum(bisect_right(group, middle) for group in groups) > index:
            high = middle
        else:
            low = middle + 1
    return low
