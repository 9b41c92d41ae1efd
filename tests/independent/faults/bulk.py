"""Faults of PUT /tasks/bulk."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from tests.independent.api import Api
from tests.independent.bulk import Bulk, Item
from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.refusal import RefusalError
from tests.independent.store import first

_MOST = "Cập nhật tối đa 500 tasks cùng lúc."
_COUNTS = '"total": 2, "success": 1, "failed": 1'
_RESULTS = '"results": [{"link_id": "uuid-1", "success": true}, {"link_id": "uuid-2", "success": false, ...}]'
_ERROR = '{"link_id": "uuid-2", "success": false, "error": "not_your_task"}'
_OWN = "403 | Task không thuộc server này (not_your_task)"


@fault("501 items are accepted.", quote=_MOST)
class BulkTakesTooMany(Bulk):
    MOST: ClassVar[int] = 10_000


@fault("500 items are refused.", quote=_MOST)
class BulkRefusesFiveHundred(Bulk):
    MOST: ClassVar[int] = 499


@fault("total counts only the updated items.", quote=_COUNTS)
class BulkTotalIsSuccess(Bulk):
    def document(self, results: Sequence[Record]) -> Record:
        document = super().document(results)
        return document | {"total": document["success"]}


@fault("success is true instead of a number.", quote=_COUNTS)
class BulkSuccessIsFlag(Bulk):
    def document(self, results: Sequence[Record]) -> Record:
        return super().document(results) | {"success": True}


@fault("success also counts the refused items.", quote=_COUNTS)
class BulkSuccessCountsAll(Bulk):
    def document(self, results: Sequence[Record]) -> Record:
        return super().document(results) | {"success": len(results)}


@fault("failed is always 0.", quote=_COUNTS)
class BulkFailedIsZero(Bulk):
    def document(self, results: Sequence[Record]) -> Record:
        return super().document(results) | {"failed": 0}


@fault("Refused items have no result.", quote=_RESULTS)
class BulkLeavesOutRefused(Bulk):
    def document(self, results: Sequence[Record]) -> Record:
        return super().document(results) | {"results": [result for result in results if result["success"]]}


@fault("The last item is neither updated nor in the results.", quote=_RESULTS)
class BulkForgetsLastItem(Bulk):
    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        return super().results(db, server, items[:-1] or items)


@fault("The results of refused items say success.", quote=_ERROR)
class BulkRefusedSaysSuccess(Bulk):
    def refused(self, item: Item, refusal: RefusalError) -> Record:
        return {"link_id": item.link_id, "success": True}


@fault("A refused item's result has no error.", quote=_ERROR)
class BulkRefusedWithoutError(Bulk):
    def refused(self, item: Item, refusal: RefusalError) -> Record:
        return {"link_id": item.link_id, "success": False}


@fault("For a task of another server, the error in the result is not not_your_task.", quote=_ERROR)
class BulkForeignOtherError(Bulk):
    def foreign(self) -> RefusalError:
        return RefusalError(403, "forbidden")


@fault("If one item is refused, no item is written. The results do not say so.", quote=_RESULTS)
class BulkAllOrNothing(Bulk):
    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        db.execute("SAVEPOINT batch")
        results = super().results(db, server, items)
        if not all(result["success"] for result in results):
            db.execute("ROLLBACK TO batch")
        return results


@fault("If a batch has a task of another server, the whole batch is refused with 403.", quote=_ERROR)
class BulkForeignRefusesAll(Bulk):
    def refused(self, item: Item, refusal: RefusalError) -> Record:
        if refusal.status == 403:
            raise refusal
        return super().refused(item, refusal)


@fault("Items after a refused item are not written. The results do not say so.", quote=_RESULTS)
class BulkStopsAtRefused(Bulk):
    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        results: list[Record] = []
        for item in items:
            sound = all(result["success"] for result in results)
            results.append(self.result(db, server, item if sound else replace(item, changes={})))
        return results


@fault("A batch updates a task of another server.", quote=_OWN)
class BulkForeignUpdated(Bulk):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id)
        return task if task is not None else super().own(db, server, link_id)


@fault("A batch updates a task of another server, although its result says that it is refused.", quote=_OWN)
class BulkForeignUpdatedThoughRefused(Bulk):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        return first(db, "SELECT * FROM tasks WHERE id = ?", link_id) or super().own(db, server, link_id)

    def result(self, db: sqlite3.Connection, server: Record, item: Item) -> Record:
        result = super().result(db, server, item)
        foreign = first(
            db, "SELECT id FROM tasks WHERE id = ? AND server_id != ?", item.link_id.lower(), server["id"]
        )
        return self.refused(item, self.foreign()) if foreign else result


@fault("The result of an unknown task says success.", quote="404 | Không tìm thấy resource")
class BulkUnknownSucceeds(Bulk):
    def refused(self, item: Item, refusal: RefusalError) -> Record:
        refused = super().refused(item, refusal)
        return {"link_id": item.link_id, "success": True} if refusal.status == 404 else refused


@fault("Only the first item is written, but all results say success.", quote=_RESULTS)
class BulkWritesFirstOnly(Bulk):
    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        return super().results(db, server, [*items[:1], *(replace(item, changes={}) for item in items[1:])])


@fault("link_profile of an item is not stored.", quote='"link_profile": "https://example.com/profile/1"')
class BulkDropsLinkProfile(Bulk):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, {name: value for name, value in changes.items() if name != "link_profile"})


@fault("All items get the status of the first.", quote='{"link_id": "uuid-2", "status": "failed", ...}')
class BulkSpreadsFirstStatus(Bulk):
    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        status = (
            {name: value for name, value in items[0].changes.items() if name == "status"} if items else {}
        )
        return super().results(db, server, [replace(item, changes=item.changes | status) for item in items])


@fault(
    "/tasks/bulk is handled as an update of a task with the id `bulk`.",
    quote="4. PUT /tasks/bulk — Cập nhật nhiều tasks",
)
class BulkTakenForId(Api):
    def methods(self, path: str) -> dict[str, str]:
        return super().methods("/tasks/id" if path == "/tasks/bulk" else path)
