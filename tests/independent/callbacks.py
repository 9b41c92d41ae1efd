"""API page: "Callbacks"."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.kinds import Kind
from tests.independent.refusal import RefusalError, invalid
from tests.independent.store import first, write
from tests.independent.tasks import Tasks

_LISTED = {
    "requests": {"pending", "running", "completed", "failed", "canceled"},
    "accounts": {"new", "active", "inactive", "banned", "error"},
}


class Callbacks(Tasks):
    UPDATE: ClassVar[Mapping[str, Kind]] = {
        "link_id": kinds.text,
        "status": kinds.status,
        "link_profile": kinds.text,
        "link_post": kinds.text,
        "error_message": kinds.text,
    }
    UPDATE_REQUIRED: ClassVar[tuple[str, ...]] = ("link_id",)
    COMPLETE: ClassVar[Mapping[str, Kind]] = {
        "link_id": kinds.text,
        "link_profile": kinds.text,
        "link_post": kinds.text,
    }

    def link_update(self, server: Record, body: object) -> Record:
        changes = self.checked(body, self.UPDATE, self.UPDATE_REQUIRED)
        with self.store.transaction() as db:
            task = self.own(db, server, self.identity(changes.pop("link_id")))
            self.change(db, task, changes, bound=self.choices.link_update_flow == "bound")
        return self.done({"link_id": task["id"]})

    def link_complete(self, server: Record, body: object) -> Record:
        changes = self.checked(body, self.COMPLETE, ["link_id"])
        with self.store.transaction() as db:
            task = self.own(db, server, self.identity(changes.pop("link_id")))
            self.complete(db, task, changes)
        return self.done({"link_id": task["id"]})

    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        """API page: "Tự động set status=completed, completed_at=now, tăng created_links trên request"."""
        if self.choices.completion_flow == "bound":
            self.check_flow(task["status"], "completed")
        self.write(db, task, changes | {"status": "completed", "completed_at": self.clock()})
        if task["status"] != "completed" or self.choices.complete_twice == "twice":
            self.count_link(db, task["request_id"])

    def count_link(self, db: sqlite3.Connection, request_id: str) -> None:
        db.execute("UPDATE requests SET created_links = created_links + 1 WHERE id = ?", (request_id,))

    def request_status(self, server: Record, body: object) -> Record:
        return self.entity_status(server, body, "requests", "request_id")

    def account_status(self, server: Record, body: object) -> Record:
        return self.entity_status(server, body, "accounts", "account_id")

    def entity_status(self, server: Record, body: object, table: str, name: str) -> Record:
        change = self.checked(body, {name: kinds.text, "status": kinds.text}, [name, "status"])
        if self.choices.entity_status == "listed" and change["status"] not in _LISTED[table]:
            raise invalid("invalid_status")
        identity = self.identity(change[name])
        with self.store.transaction() as db:
            self.related(db, server, table, name, identity)
            write(db, table, identity, {"status": change["status"]})
        return self.done({name: identity})

    def related(self, db: sqlite3.Connection, server: Record, table: str, name: str, identity: str) -> None:
        """Raises RefusalError: 404 for an unknown entity, 403 if no task of this server uses it."""
        if first(db, f"SELECT id FROM {table} WHERE id = ?", identity) is None:
            raise self.unknown()
        mine = f"SELECT id FROM tasks WHERE {name} = ? AND server_id = ?"
        if self.choices.related_entities == "own" and first(db, mine, identity, server["id"]) is None:
            raise RefusalError(403, "not_your_task")

    def done(self, entity: Record) -> Record:
        if self.choices.callback_body == "success-only":
            return {"success": True}
        return {"success": True, "data": {"updated": True, **entity}}
