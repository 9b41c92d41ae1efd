"""Finds and changes tasks, for all operations."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.kinds import Kind
from tests.independent.part import Part
from tests.independent.refusal import RefusalError
from tests.independent.store import first, write

FLOW = {
    "pending": {"queued"},
    "queued": {"running"},
    "running": {"completed", "failed", "canceled"},
    "completed": set[str](),
    "failed": {"pending"},
    "canceled": set[str](),
}


class Tasks(Part):
    """API page: the table of "3. PUT /tasks/:id" and "Task Status Flow"."""

    CHANGES: ClassVar[Mapping[str, Kind]] = {
        "status": kinds.status,
        "link_profile": kinds.text,
        "link_post": kinds.text,
        "error_message": kinds.text,
        "note": kinds.text,
        "is_indexed": kinds.flag,
    }

    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        """Returns the row of a task of this server.

        Raises RefusalError: 404 for an unknown task, 403 for a task of another server.
        """
        task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id)
        if task is None:
            raise self.unknown()
        if task["server_id"] != server["id"]:
            raise self.foreign()
        return task

    def unknown(self) -> RefusalError:
        return RefusalError(404, "not_found")

    def foreign(self) -> RefusalError:
        return RefusalError(403, "not_your_task")

    def change(self, db: sqlite3.Connection, task: Record, changes: Record, *, bound: bool = True) -> None:
        """Changes a task.

        bound: whether the status flow is checked. Raises RefusalError if the flow does not allow the change.
        """
        status: str | None = changes.get("status")
        if bound:
            self.check_flow(task["status"], status or task["status"])
        self.write(db, task, changes | self.consequences(task, status))

    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        write(db, "tasks", task["id"], changes)

    def check_flow(self, old: str, new: str) -> None:
        if self.choices.transitions == "strict" and new != old and new not in FLOW[old]:
            raise RefusalError(self.choices.refused_transition, "invalid_transition")

    def consequences(self, task: Record, status: str | None) -> Record:
        """Returns the other fields that change when a task gets a status."""
        if status == "running" and task["started_at"] is None:
            return {"started_at": self.clock()}
        if status == "completed":
            return {"completed_at": self.clock()}
        if status == "failed" and task["status"] != "failed":
            return self._failed(task)
        if status == "pending" and task["status"] == "failed" and self.choices.retry_count == "on-requeue":
            return {"retry_count": task["retry_count"] + 1}
        return {}

    def _failed(self, task: Record) -> Record:
        again = self.choices.retry == "automatic" and task["retry_count"] < task["max_retries"]
        counts = self.choices.retry_count == "on-failure" or (
            again and self.choices.retry_count == "on-requeue"
        )
        return {"retry_count": task["retry_count"] + counts} | ({"status": "pending"} if again else {})
