"""The values of the tasks' fields at any time of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workerkit.scenarios.run_record.change import Change


class TaskHistory:
    """All changes of all tasks during a run. Every task id is in lower case."""

    def __init__(self, tasks: Iterable[Mapping[str, Any]], changes: Iterable[Change]) -> None:
        self._tasks = {task["id"].lower(): task for task in tasks}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        for change in changes:
            if change.kind == "task":
                self._changes.setdefault((change.id.lower(), change.field), []).append(change)

    def changes(self, task: str, field: str = "status") -> Sequence[Change]:
        """Returns the changes of one field of a task, in order."""
        return self._changes.get((task, field), ())

    def value_before(self, task: str, number: int, field: str = "status") -> Any:
        """Returns the value of a field just before the world handled exchange `number`.

        If the scenario changed the field first, in the same exchange, the value after that change is
        returned. Returns None for an unknown task.
        """
        for change in self.changes(task, field):
            if change.number > number or (change.number == number and not change.by):
                return change.was
        return self.final_value(task, field)

    def final_value(self, task: str, field: str = "status") -> Any:
        """Returns the value of a field at the end of the run. None for an unknown task."""
        return self._tasks.get(task, {}).get(field)

    def changed_in_exchange(self, task: str, number: int, field: str = "status") -> bool:
        """Whether the worker changed a field of a task in exchange `number`."""
        return any(change.number == number for change in self.worker_changes(task, field))

    def worker_changes(self, task: str, field: str = "status") -> list[Change]:
        """Returns the changes of a field of a task that the worker made."""
        return [change for change in self.changes(task, field) if not change.by]
