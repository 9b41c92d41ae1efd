"""Faults of the callbacks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.callbacks import Callbacks
from tests.independent.fault import fault
from tests.independent.kinds import Kind
from tests.independent.refusal import RefusalError
from tests.independent.store import Store, first, rows, write

_COMPLETE = "Tự động set status=completed, completed_at=now, tăng created_links trên request."
_OWN = "403 | Task không thuộc server này (not_your_task)"
_UNKNOWN = "404 | Không tìm thấy resource"
_UPDATE = "POST /callback/link/update — Cập nhật trạng thái link"
_HIDDEN = "no answer of the API contains it"


@fault("link/complete stores the links but does not change the status.", quote=_COMPLETE)
class CompleteLeavesStatus(Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().complete(db, task, changes)
        self.write(db, task, {"status": task["status"]})


@fault("link/complete does not set completed_at.", quote=_COMPLETE, unseen=_HIDDEN)
class CompleteLeavesCompletedAt(Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().complete(db, task, changes)
        self.write(db, task, {"completed_at": task["completed_at"]})


@fault("link/complete does not increase created_links.", quote=_COMPLETE, unseen=_HIDDEN)
class CompleteCountsNothing(Callbacks):
    def count_link(self, db: sqlite3.Connection, request_id: str) -> None:
        """Counts nothing."""


@fault("link/complete increases created_links by two.", quote=_COMPLETE, unseen=_HIDDEN)
class CompleteCountsTwo(Callbacks):
    def count_link(self, db: sqlite3.Connection, request_id: str) -> None:
        super().count_link(db, request_id)
        super().count_link(db, request_id)


@fault(
    "link/complete does not store the links.",
    quote='"link_profile": "https://...", "link_post": "https://..."',
)
class CompleteDropsLinks(Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().complete(db, task, {})


@fault("link/complete does nothing for a task that is still pending.", quote=_COMPLETE)
class CompleteIgnoresPending(Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        if task["status"] != "pending":
            super().complete(db, task, changes)


def _owner(store: Store, server: Record, body: object) -> Record:
    """Returns the server of the task in the body. Without a known task, the server that sent the request."""
    link_id = body.get("link_id") if isinstance(body, dict) else None
    query = "SELECT s.* FROM servers s JOIN tasks t ON t.server_id = s.id WHERE t.id = ?"
    with store.transaction() as db:
        return first(db, query, str(link_id).lower()) or server


@fault("link/complete completes a task of another server.", quote=_OWN)
class CompleteTakesForeign(Callbacks):
    def link_complete(self, server: Record, body: object) -> Record:
        return super().link_complete(_owner(self.store, server, body), body)


@fault("link/update updates a task of another server.", quote=_OWN)
class LinkUpdateTakesForeign(Callbacks):
    def link_update(self, server: Record, body: object) -> Record:
        return super().link_update(_owner(self.store, server, body), body)


@fault("link/update and link/complete answer 404 for a task of another server.", quote=_OWN)
class CallbackForeignNotFound(Callbacks):
    def foreign(self) -> RefusalError:
        return self.unknown()


@fault("link/update and link/complete answer with success for an unknown task.", quote=_UNKNOWN)
class CallbackUnknownLinkSucceeds(Callbacks):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        blank = {"id": link_id, "status": "pending", "started_at": None, "retry_count": 0, "max_retries": 3}
        unknown = first(db, "SELECT id FROM tasks WHERE id = ?", link_id) is None
        return blank | {"request_id": ""} if unknown else super().own(db, server, link_id)


@fault("link/update requires a status.", quote="status | string | Không | Trạng thái mới")
class LinkUpdateRequiresStatus(Callbacks):
    UPDATE_REQUIRED: ClassVar[tuple[str, ...]] = ("link_id", "status")


@fault("link/update requires a link_profile.", quote="link_profile | string | Không | URL profile")
class LinkUpdateRequiresLinkProfile(Callbacks):
    UPDATE_REQUIRED: ClassVar[tuple[str, ...]] = ("link_id", "link_profile")


@fault("link/update answers with success without a link_id.", quote="link_id | uuid | Có | ID của link")
class LinkUpdateWithoutLinkId(Callbacks):
    def link_update(self, server: Record, body: object) -> Record:
        if isinstance(body, dict) and "link_id" not in body:
            return {"success": True}
        return super().link_update(server, body)


@fault("link/update answers with success but writes nothing.", quote=_UPDATE)
class LinkUpdateWithoutEffect(Callbacks):
    def link_update(self, server: Record, body: object) -> Record:
        changes = self.checked(body, self.UPDATE, self.UPDATE_REQUIRED)
        return super().link_update(server, {"link_id": changes["link_id"]})


@fault("link/update does not store link_post.", quote="link_post | string | Không | URL bài đăng")
class LinkUpdateDropsLinkPost(Callbacks):
    def link_update(self, server: Record, body: object) -> Record:
        changes = self.checked(body, self.UPDATE, self.UPDATE_REQUIRED)
        return super().link_update(
            server, {name: value for name, value in changes.items() if name != "link_post"}
        )


@fault(
    "link/update accepts a status that the API page does not list.",
    quote="pending → queued → running → completed",
)
class LinkUpdateTakesBadStatus(Callbacks):
    UPDATE: ClassVar[Mapping[str, Kind]] = {**Callbacks.UPDATE, "status": kinds.text}


@fault("Callbacks answer success: false after a successful change.", quote='"success": true')
class CallbackSuccessIsFalse(Callbacks):
    def done(self, entity: Record) -> Record:
        return super().done(entity) | {"success": False}


@fault(
    "request/status answers with success but writes nothing.",
    quote="POST /callback/request/status — Cập nhật trạng thái request",
    unseen=_HIDDEN,
)
class RequestStatusNotStored(Callbacks):
    def entity_status(self, server: Record, body: object, table: str, name: str) -> Record:
        with self.store.transaction() as db:
            before = rows(db, "SELECT id, status FROM requests")
        answer = super().entity_status(server, body, table, name)
        with self.store.transaction() as db:
            for request in before:
                write(db, "requests", request["id"], request)
        return answer


@fault("request/status never finds a request.", quote=_UNKNOWN)
class RequestNeverFound(Callbacks):
    def related(self, db: sqlite3.Connection, server: Record, table: str, name: str, identity: str) -> None:
        if table == "requests":
            raise self.unknown()
        super().related(db, server, table, name, identity)


@fault("request/status answers with success for an unknown request.", quote=_UNKNOWN)
class UnknownRequestSucceeds(Callbacks):
    def related(self, db: sqlite3.Connection, server: Record, table: str, name: str, identity: str) -> None:
        if table == "accounts":
            super().related(db, server, table, name, identity)


@fault("account/status answers with success for an unknown account.", quote=_UNKNOWN)
class UnknownAccountSucceeds(Callbacks):
    def related(self, db: sqlite3.Connection, server: Record, table: str, name: str, identity: str) -> None:
        if table == "requests":
            super().related(db, server, table, name, identity)


@fault(
    "account/status never finds an account.",
    quote="POST /callback/account/status — Cập nhật trạng thái account",
)
class AccountNeverFound(Callbacks):
    def related(self, db: sqlite3.Connection, server: Record, table: str, name: str, identity: str) -> None:
        if table == "accounts":
            raise self.unknown()
        super().related(db, server, table, name, identity)


@fault(
    "request/status answers with success without a status.",
    quote='{"request_id": "uuid", "status": "completed"}',
)
class RequestStatusWithoutStatus(Callbacks):
    def request_status(self, server: Record, body: object) -> Record:
        if isinstance(body, dict) and "status" not in body:
            return {"success": True}
        return super().request_status(server, body)


@fault("account/status answers with 500 without an account_id.", quote="400 | Request không hợp lệ")
class AccountStatusCrashes(Callbacks):
    def account_status(self, server: Record, body: object) -> Record:
        if isinstance(body, dict) and "account_id" not in body:
            raise KeyError("account_id")
        return super().account_status(server, body)
