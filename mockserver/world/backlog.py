"""The tasks of one server in the order in which they are listed, found by place, status and service type."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection

from workerkit.mockserver.world.entities import Task

_Shelf = list[int]


class Backlog:
    """Tasks by place, on one sorted shelf for each status and service type.

    A page costs the same wherever it lies: its start is found by bisection over the shelves that the filter
    lets through, and only its own tasks are touched.
    """

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}
        self._shelves: dict[tuple[str, str], _Shelf] = {}

    def add(self, task: Task) -> None:
        """Puts a task in; its place must be free."""
        self._tasks[task.place] = task
        insort(self._shelves.setdefault((task.status, task.service_type), []), task.place)

    def remove(self, task: Task) -> None:
        """Takes a task out; raises KeyError where it is not in."""
        del self._tasks[task.place]
        shelf = self._shelves[task.status, task.service_type]
        del shelf[bisect_left(shelf, task.place)]

    def restatus(self, task: Task, status: str) -> None:
        """Changes a task's status and moves it to where it is then found."""
        if status != task.status:
            self.remove(task)
            task.status = status
            self.add(task)

    def count(self, statuses: Collection[str], service_type: str | None) -> int:
        """How many tasks have one of the statuses and, unless it is None, the service type."""
        return sum(map(len, self._chosen(statuses, service_type)))

    def count_after(self, statuses: Collection[str], service_type: str | None, *, place: int) -> int:
        """How many of the tasks that the filter lets through come after a place."""
        shelves = self._chosen(statuses, service_type)
        return sum(len(shelf) - bisect_right(shelf, place) for shelf in shelves)

    def page(
        self, statuses: Collection[str], service_type: str | None, *, skip: int, most: int
    ) -> list[Task]:
        """Up to `most` of the tasks that the filter lets through, after the first `skip` of them."""
        shelves = self._chosen(statuses, service_type)
        if skip >= sum(map(len, shelves)):
            return []
        first = _place_of_rank(shelves, skip) if skip else min(shelf[0] for shelf in shelves)
        return self._from(shelves, first, most)

    def after(
        self, statuses: Collection[str], service_type: str | None, *, place: int, most: int
    ) -> list[Task]:
        """Up to `most` of the tasks that the filter lets through, from the one next to a place on."""
        return self._from(self._chosen(statuses, service_type), place + 1, most)

    def _chosen(self, statuses: Collection[str], service_type: str | None) -> list[_Shelf]:
        return [
            shelf
            for (status, kind), shelf in self._shelves.items()
            if shelf and status in statuses and service_type in (None, kind)
        ]

    def _from(self, shelves: list[_Shelf], place: int, most: int) -> list[Task]:
        found: list[int] = []
        for shelf in shelves:
            begin = bisect_left(shelf, place)
            found += shelf[begin : begin + most]
        found.sort()
        return [self._tasks[each] for each in found[:most]]


def _place_of_rank(shelves: list[_Shelf], rank: int) -> int:
    """The place of the task that has `rank` others of these shelves before it."""
    low, high = min(shelf[0] for shelf in shelves), max(shelf[-1] for shelf in shelves)
    while low < high:
        middle = (low + high) // 2
        if sum(bisect_right(shelf, middle) for shelf in shelves) > rank:
            high = middle
        else:
            low = middle + 1
    return low
