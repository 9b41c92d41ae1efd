"""What the tasks of a world were at which time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workerkit.scenarios.run_record.change import Change


class History:
    """The way of each task to what it is at the end, by the changes on it. Ids are in small letters."""

    def __init__(self, tasks: Iterable[Mapping[str, Any]], changes: Iterable[Change]) -> None:
        self._tasks = {task["id"].lower(): task for task in tasks}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        for change in changes:
            if change.kind == "task":
                self._changes.setdefault((change.id.lower(), change.field), []).append(change)

    def changes(self, task: str, field: str = "status") -> Sequence[Change]:
        """The changes of a field of a task, in order."""
        return self._changes.get((task, field), ())

    def before(self, task: str, number: int, field: str = "status") -> Any:
        """What a field of a task was when the exchange of a number was about to change it; None is unknown.

        What a scenario does just before that exchange is done then.
        """
        for change in self.changes(task, field):
            if change.number > number or (change.number == number and not change.by):
                return change.was
        return self.at_last(task, field)

    def at_last(self, task: str, field: str = "status") -> Any:
        """What a field of a task is at the end; None for an unknown task."""
        return self._tasks.get(task, {}).get(field)

    def changed_by(self, task: str, number: int, field: str = "status") -> bool:
        """Whether the worker changed a field of a task in the exchange of a number."""
        return any(change.number == number for change in self.by_worker(task, field))

    def by_worker(self, task: str, field: str = "status") -> list[Change]:
        """Those changes of a field of a task that the worker made."""
        return [change for change in self.changes(task, field) if not change.by]
