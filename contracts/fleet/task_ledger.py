"""What one simulated server knows about its tasks, and what it finds at the end: lost and doubled tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task
from workerkit.openapi.spec.api import worker_api

COMPLETED, FAILED, RUNNING = "completed", "failed", "running"
LOST, DOUBLED = "lost", "doubled"


@dataclass(frozen=True, slots=True)
class TaskFinding:
    """A task that the server lost or doubled.

    kind: `lost` or `doubled`.
    task: the id of the task, or the name of the world.
    why: what shows it, without a full stop.
    """

    kind: str
    task: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.task}: {self.why}"


@dataclass(slots=True)
class TaskLedger:
    """The tasks of one simulated server.

    assigned: the ids of the tasks that were listed at least once.
    reported: for each task, the update with its result that the server confirmed.
    unconfirmed: the results that were sent, and that no answer has confirmed yet.
    dropped: the tasks that the server refused to change. Somebody canceled them, or gave them away.
    findings: what was found so far.
    """

    assigned: set[str] = field(default_factory=set)
    reported: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unconfirmed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    findings: list[TaskFinding] = field(default_factory=list)

    def note_waiting(self, tasks: Iterable[Task]) -> None:
        """Notes tasks that the server lists as waiting. A task that it confirmed as completed is lost."""
        for task in tasks:
            self.assigned.add(task["id"])
            result = self.reported.get(task["id"])
            if result is not None and result["status"] == COMPLETED:
                self._add(LOST, task["id"], f"it was completed, and is listed as {task['status']} again")

    def note_sent(self, task_id: str, result: Mapping[str, Any]) -> None:
        """Notes a result that will be sent now."""
        self.unconfirmed[task_id] = result

    def note_confirmed(self, task_id: str) -> None:
        """Notes that the server confirmed the result that was sent."""
        result = self.unconfirmed.pop(task_id, None)
        if result is not None:
            self.reported[task_id] = result

    def note_refused(self, task_id: str) -> None:
        """Notes that the server refused to change a task. It is left alone from now on."""
        self.unconfirmed.pop(task_id, None)
        self.dropped.add(task_id)

    def is_free(self, task: Task) -> bool:
        """True if there is work for a waiting task: it has no result, or it failed and has a retry."""
        result = self.reported.get(task["id"])
        is_open = result is None or result["status"] == FAILED
        return is_open and task["id"] not in self.unconfirmed and task["id"] not in self.dropped

    def compare(self, tasks: list[Task]) -> None:
        """Compares what was confirmed with the tasks that the server lists at the end, in all statuses."""
        counts = Counter(task["id"] for task in tasks)
        for task_id, count in counts.items():
            if count > 1:
                self._add(DOUBLED, task_id, f"it is listed {count} times")
        listed = {task["id"]: task for task in tasks}
        for task_id, result in self.reported.items():
            why = _difference(result, listed.get(task_id))
            if why is not None:
                self._add(LOST, task_id, why)
        for task_id in self.assigned - listed.keys() - self.reported.keys() - self.dropped:
            self._add(LOST, task_id, "it was listed before, and is not listed in any status now")

    def _add(self, kind: str, task_id: str, why: str) -> None:
        if all((finding.kind, finding.task) != (kind, task_id) for finding in self.findings):
            self.findings.append(TaskFinding(kind, task_id, why))


def _difference(result: Mapping[str, Any], task: Task | None) -> str | None:
    """How a task differs from its confirmed result, or None. A failed task may wait again for a retry."""
    if task is None:
        return f"the server confirmed {result['status']}, and does not list the task any more"
    if result["status"] == FAILED:
        possible = {FAILED, *worker_api().statuses_in("waiting")}
    else:
        possible = {result["status"]}
    if task["status"] not in possible:
        return f"the server confirmed {result['status']}, and the task is {task['status']}"
    for name in LINK_FIELDS:
        if name in result and name in task and task[name] != result[name]:
            return f"the server confirmed {name} {result[name]}, and the task has {task[name]}"
    return None
