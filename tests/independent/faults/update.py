"""Faults of PUT /tasks/:id."""

from __future__ import annotations

import sqlite3
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from tests.independent import kinds
from tests.independent.api import Api
from tests.independent.call import Answer, Call, Record
from tests.independent.fault import fault
from tests.independent.kinds import Kind
from tests.independent.listing import Listing, ListQuery
from tests.independent.part import SharedState
from tests.independent.refusal import RefusalError, invalid
from tests.independent.store import first
from tests.independent.updating import Updating

_RESULT = "Cập nhật trạng thái và kết quả của một task."
_OWN = "Server chỉ có thể cập nhật task được gán cho mình."
_STATUS = "status | string | pending, queued, running, completed, failed, canceled"
_ANSWER = '"data": {"updated": true, "link_id": "uuid"}'
_UNKNOWN = "404 | Không tìm thấy resource"


@fault("An update is answered with 204 and no body.", quote=_ANSWER)
class UpdateAnsweredWithoutBody(Api):
    def route(self, call: Call) -> Answer:
        answer = super().route(call)
        return replace(answer, status=204) if self.methods(call.path).get(call.method) == "update" else answer


@fault("An update is answered with success, but nothing is written.", quote=_RESULT)
class UpdateWithoutEffect(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        """Writes nothing."""


@fault("link_id in the answer is not the id of the task.", quote=_ANSWER)
class UpdateAnswersOtherLinkId(Updating):
    def data(self, task: Record) -> Record:
        return super().data(task) | {"link_id": str(uuid.uuid5(uuid.NAMESPACE_URL, task["id"]))}


@fault("link_id in the answer is the request_id of the task.", quote=_ANSWER)
class UpdateAnswersRequestId(Updating):
    def data(self, task: Record) -> Record:
        return super().data(task) | {"link_id": task["request_id"]}


@fault("updated is false after an update.", quote=_ANSWER)
class UpdatedIsFalse(Updating):
    def data(self, task: Record) -> Record:
        return super().data(task) | {"updated": False}


@fault("A task of another server is updated.", quote=_OWN)
class ForeignTaskUpdated(Updating):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id)
        return task if task is not None else super().own(db, server, link_id)


@fault("A task of another server is updated, although the answer is 403.", quote=_OWN)
class ForeignTaskUpdatedThoughRefused(Updating):
    def answer(self, server: Record, link_id: str, body: object) -> Record:
        with self.store.transaction() as db:
            task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id.lower())
            if task is not None and task["server_id"] != server["id"]:
                self.write(db, task, self.changes(body))
        return super().answer(server, link_id, body)


@fault("An update of an unknown task is answered with success.", quote=_UNKNOWN)
class UnknownTaskUpdated(Updating):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id)
        blank = {"id": link_id, "status": "pending", "started_at": None, "retry_count": 0, "max_retries": 3}
        return blank if task is None else super().own(db, server, link_id)


@fault(
    "A task of another server is answered with 404.",
    quote="403 | Task không thuộc server này (not_your_task)",
)
class ForeignTaskNotFound(Updating):
    def foreign(self) -> RefusalError:
        return self.unknown()


@fault("An unknown task is answered with 403.", quote=_UNKNOWN)
class UnknownTaskForbidden(Updating):
    def unknown(self) -> RefusalError:
        return self.foreign()


@fault(
    "A status that the API page does not list is accepted.", quote=f"{_STATUS}; 400 | Request không hợp lệ"
)
class BadStatusAccepted(Updating):
    CHANGES: ClassVar[Mapping[str, Kind]] = {**Updating.CHANGES, "status": kinds.text}


@fault("A status that the API page does not list is answered with success but not stored.", quote=_STATUS)
class BadStatusSwallowed(Updating):
    def changes(self, body: object) -> Record:
        if isinstance(body, dict) and body.get("status") not in (*kinds.STATUSES, None):
            body = {name: value for name, value in body.items() if name != "status"}
        return super().changes(body)


@fault("The status canceled is refused.", quote=_STATUS)
class CanceledRefused(Updating):
    def changes(self, body: object) -> Record:
        changes = super().changes(body)
        if changes.get("status") == "canceled":
            raise invalid("invalid_status")
        return changes


@fault("The status failed is stored as canceled.", quote=_STATUS)
class FailedStoredAsCanceled(Updating):
    def changes(self, body: object) -> Record:
        changes = super().changes(body)
        return changes | {"status": "canceled"} if changes.get("status") == "failed" else changes


@fault("link_post is not stored.", quote="link_post | string | URL bài đăng đã tạo")
class LinkPostDropped(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, {name: value for name, value in changes.items() if name != "link_post"})


@fault("link_profile and link_post are swapped.", quote="link_profile | string | URL profile đã tạo")
class LinksSwapped(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        names = {"link_profile": "link_post", "link_post": "link_profile"}
        super().write(db, task, {names.get(name, name): value for name, value in changes.items()})


@fault("A link is cut after 40 characters.", quote="link_profile | string | URL profile đã tạo")
class LinkCut(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        cut = {name: value[:40] for name, value in changes.items() if name.startswith("link_")}
        super().write(db, task, changes | cut)


@fault("The other tasks of the customer's request also get the status.", quote=_RESULT)
class UpdateTouchesNeighbours(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, changes)
        if "status" in changes:
            where = "WHERE request_id = ? AND server_id = ?"
            values = (changes["status"], task["request_id"], task["server_id"])
            db.execute(f"UPDATE tasks SET status = ? {where}", values)


def _never(value: object) -> bool:
    return False


@fault("is_indexed is always refused.", quote="is_indexed | bool | Đã được index chưa")
class IsIndexedRefused(Updating):
    CHANGES: ClassVar[Mapping[str, Kind]] = {**Updating.CHANGES, "is_indexed": _never}


@fault("is_indexed is accepted as text.", quote="is_indexed | bool | Đã được index chưa")
class IsIndexedTakesText(Updating):
    CHANGES: ClassVar[Mapping[str, Kind]] = {
        **Updating.CHANGES,
        "is_indexed": lambda value: kinds.flag(value) or kinds.text(value),
    }


@fault("A link that is a number is accepted.", quote="link_profile | string; 400 | Request không hợp lệ")
class LinkTakesNumber(Updating):
    CHANGES: ClassVar[Mapping[str, Kind]] = {
        **Updating.CHANGES,
        "link_profile": lambda value: kinds.text(value) or kinds.number(value),
    }


@fault("GET /tasks shows an update only after two more requests.", quote=_RESULT)
class ListingIsStale(Listing):
    def __init__(self, shared: SharedState) -> None:
        super().__init__(shared)
        self._earlier: dict[str, deque[Record]] = {}

    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        document = super().document(server, list_query, found, total)
        kept = self._earlier.setdefault(f"{server['id']}{list_query}", deque(maxlen=3))
        kept.append(document)
        return kept[0]
