"""Reads the tasks of a world as they were at one moment, while the world changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from weakref import ref

from workerkit.mockserver.world.entities import Task


class TaskReading:
    """The tasks of a world at the time of the construction. They can be read once.

    The world has to call `save` before it changes a task.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = tuple(tasks.values())
        self._saved: dict[int, Task] = {}

    def save(self, task: Task) -> None:
        """Keeps a copy of a task, if there is none yet."""
        # A task that was removed and another one may have the same id. `_tasks` keeps both objects alive.
        if id(task) not in self._saved:
            self._saved[id(task)] = replace(task)

    def __iter__(self) -> Iterator[Task]:
        for task in self._tasks:
            yield self._saved.pop(id(task), task)


class TaskReadings:
    """The readings of a world that are not finished. A reading that nobody uses any more is forgotten."""

    def __init__(self) -> None:
        self._readings: list[ref[TaskReading]] = []

    def begin(self, tasks: Mapping[str, Task]) -> Iterator[Task]:
        """Starts a reading. The iterator returns the tasks as they are now, also after they have changed."""
        reading = TaskReading(tasks)
        self._readings.append(ref(reading))
        return iter(reading)

    def save(self, task: Task) -> None:
        """Saves a task in all readings. Call this before the task changes."""
        if self._readings:
            self._readings = [reference for reference in self._readings if reference() is not None]
            for reference in self._readings:
                reading = reference()
                if reading is not None:
                    reading.save(task)
