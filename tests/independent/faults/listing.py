"""Faults of GET /tasks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.listing import Condition, Listing, ListQuery
from tests.independent.refusal import invalid
from tests.independent.store import first

_ASSIGNED = "Lấy tasks được giao cho server."
_STATUS = "status | pending,queued | Lọc theo status"
_SERVICE = "service_type | - | Lọc theo loại service"
_PAGE = "page | 1 | Trang (offset pagination)"
_LIMIT = "limit | 100 | Số lượng (tối đa 1000)"
_AFTER = "after | - | ID cuối trang trước (cursor pagination)"
_NEXT = '"next_cursor": "uuid-of-last-item"'
_TOTAL = '"total": 50'


@fault("Tasks of other servers are also listed.", quote=_ASSIGNED)
class ForeignTasksListed(Listing):
    def filters(self, server: Record, list_query: ListQuery) -> list[Condition]:
        return super().filters(server, list_query)[1:]


@fault("Without a status all tasks are listed.", quote=_STATUS)
class DefaultFilterIsAll(Listing):
    DEFAULT_STATUS: ClassVar[str] = "pending,queued,running,completed,failed,canceled"


@fault("Without a status only pending tasks are listed.", quote=_STATUS)
class DefaultFilterIsPending(Listing):
    DEFAULT_STATUS: ClassVar[str] = "pending"


@fault("The parameter status is ignored.", quote=_STATUS)
class StatusFilterIgnored(Listing):
    def statuses(self, query: Mapping[str, str]) -> tuple[str, ...]:
        return ("pending", "queued")


@fault("If there are several statuses, only the first is used.", quote=_STATUS)
class StatusFilterTakesFirst(Listing):
    def statuses(self, query: Mapping[str, str]) -> tuple[str, ...]:
        statuses = super().statuses(query)
        return statuses[:1] if "status" in query else statuses


@fault("The parameter service_type is ignored.", quote=_SERVICE)
class ServiceTypeIgnored(Listing):
    def filters(self, server: Record, list_query: ListQuery) -> list[Condition]:
        return super().filters(server, list_query)[:2]


@fault("The parameter service_type is ignored when there is a status.", quote=_SERVICE)
class ServiceTypeIgnoredBesideStatus(Listing):
    def list_query(self, query: Mapping[str, str]) -> ListQuery:
        kept = {
            name: value for name, value in query.items() if name != "service_type" or "status" not in query
        }
        return super().list_query(kept)


@fault("total is the number of tasks on the page.", quote=_TOTAL)
class TotalOfPage(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return len(page)


@fault("total counts the tasks of all statuses, without the filters.", quote=_TOTAL)
class TotalIgnoresFilters(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return super().total(db, conditions[:1], page)


@fault("total is one too many.", quote=_TOTAL)
class TotalOneTooMany(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return super().total(db, conditions, page) + 1


@fault("Pages are counted from 0, so page=1 is the second page.", quote=_PAGE)
class PageOffByOne(Listing):
    def offset(self, list_query: ListQuery) -> int:
        return 0 if list_query.after is not None else list_query.page * list_query.limit


@fault("Each page begins with the last task of the page before.", quote=_PAGE)
class PagesOverlap(Listing):
    def offset(self, list_query: ListQuery) -> int:
        return max(super().offset(list_query) - (list_query.page - 1), 0)


@fault("A task between two pages is left out.", quote=_PAGE)
class PagesLeaveOut(Listing):
    def offset(self, list_query: ListQuery) -> int:
        return super().offset(list_query) + (list_query.page - 1 if list_query.after is None else 0)


@fault("Every page is the first page.", quote=_PAGE)
class PageIgnored(Listing):
    def offset(self, list_query: ListQuery) -> int:
        return 0


@fault("The field page of the answer is always 1.", quote=_PAGE)
class PageNotEchoed(Listing):
    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        return super().document(server, list_query, found, total) | {"page": 1}


@fault("The order changes with each request, so tasks are listed twice or never.", quote=_PAGE)
class OrderChangesBetweenPages(Listing):
    def order(self) -> str:
        return "random()"


@fault("The first task after the cursor is skipped.", quote=_AFTER)
class CursorSkipsOne(Listing):
    def offset(self, list_query: ListQuery) -> int:
        return super().offset(list_query) + (list_query.after is not None)


@fault("The task of the cursor is listed again.", quote=_AFTER)
class CursorRepeatsLast(Listing):
    def sign(self) -> str:
        return f"{super().sign()}="


@fault("The parameter after is ignored.", quote=_AFTER)
class CursorIgnored(Listing):
    def position(self, db: sqlite3.Connection, server: Record, list_query: ListQuery) -> list[Condition]:
        return []


class _CursorInTheFilter(Listing):
    """Looks for the task of the cursor among the tasks that match the filter."""

    def position(self, db: sqlite3.Connection, server: Record, list_query: ListQuery) -> list[Condition]:
        task = first(db, "SELECT * FROM tasks WHERE id = ?", (list_query.after or "").lower())
        if task is not None and task["status"] not in list_query.statuses:
            return self.without_its_task()
        return super().position(db, server, list_query)

    def without_its_task(self) -> list[Condition]:
        raise invalid("invalid_cursor")


@fault("A cursor is refused if its task does not match the filter any more.", quote=_AFTER)
class ChangedCursorRefused(_CursorInTheFilter):
    pass


@fault("If the task of the cursor does not match the filter any more, the list begins again.", quote=_AFTER)
class ChangedCursorBeginsAgain(_CursorInTheFilter):
    def without_its_task(self) -> list[Condition]:
        return []


@fault("If the task of the cursor does not match the filter any more, nothing is listed.", quote=_AFTER)
class ChangedCursorListsNothing(_CursorInTheFilter):
    def without_its_task(self) -> list[Condition]:
        return [Condition("0")]


@fault("With a cursor, tasks of all statuses are listed.", quote=_STATUS)
class CursorForgetsStatus(Listing):
    def found(
        self, db: sqlite3.Connection, conditions: Sequence[Condition], list_query: ListQuery
    ) -> list[Record]:
        kept = [
            condition
            for condition in conditions
            if list_query.after is None or "t.status" not in condition.sql
        ]
        return super().found(db, kept, list_query)


@fault("With a cursor, tasks of all service types are listed.", quote=_SERVICE)
class CursorForgetsServiceType(Listing):
    def found(
        self, db: sqlite3.Connection, conditions: Sequence[Condition], list_query: ListQuery
    ) -> list[Record]:
        kept = [
            condition
            for condition in conditions
            if list_query.after is None or "t.service_type" not in condition.sql
        ]
        return super().found(db, kept, list_query)


@fault("next_cursor is the first task of the page.", quote=_NEXT)
class NextCursorIsFirstItem(Listing):
    def next_cursor(self, page: Sequence[Record], *, more: bool) -> str | None:
        return super().next_cursor(page[:1], more=more)


@fault("next_cursor is the second last task of the page.", quote=_NEXT)
class NextCursorIsLastButOne(Listing):
    def next_cursor(self, page: Sequence[Record], *, more: bool) -> str | None:
        return super().next_cursor(page[:-1] or page, more=more)


@fault("next_cursor is null although more tasks follow.", quote=_NEXT)
class NextCursorMissing(Listing):
    def next_cursor(self, page: Sequence[Record], *, more: bool) -> str | None:
        return None


@fault("The default of limit is 50.", quote=_LIMIT)
class DefaultLimitIsFifty(Listing):
    DEFAULT_LIMIT: ClassVar[int] = 50


@fault("limit=1001 is accepted, and the answer has limit 1001.", quote=_LIMIT)
class LimitAboveMaximumAccepted(Listing):
    MAXIMUM_LIMIT: ClassVar[int] = 1_000_000


@fault("A limit above 500 is changed to 500.", quote=_LIMIT)
class LimitCutAtFiveHundred(Listing):
    MAXIMUM_LIMIT: ClassVar[int] = 500


@fault("limit=1000 is refused.", quote=_LIMIT)
class LimitThousandRefused(Listing):
    def limit(self, query: Mapping[str, str]) -> int:
        if (limit := super().limit(query)) == self.MAXIMUM_LIMIT:
            raise invalid("invalid_limit")
        return limit


@fault("The answer has the right limit, but all tasks are listed.", quote=_LIMIT)
class LimitWithoutEffect(Listing):
    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        with self.store.transaction() as db:
            conditions = [*self.filters(server, list_query), *self.position(db, server, list_query)]
            without_limit = replace(list_query, page=1, limit=self.MAXIMUM_LIMIT)
            data = [self.task_json(row) for row in self.found(db, conditions, without_limit)]
        return super().document(server, list_query, found, total) | {"data": data}


@fault("The field limit of the answer is always 100.", quote='"limit": 100')
class LimitNotEchoed(Listing):
    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        return super().document(server, list_query, found, total) | {"limit": 100}


@fault("For a limit that is not a number, the default is used.", quote="400 | Request không hợp lệ")
class LimitWordAccepted(Listing):
    def limit(self, query: Mapping[str, str]) -> int:
        word = query.get("limit", "")
        return super().limit(query) if word.lstrip("-").isdigit() else self.DEFAULT_LIMIT


@fault("A task has no auction_price.", quote='"auction_price": 100')
class FieldMissing(Listing):
    def task_json(self, row: Record) -> dict[str, Any]:
        return {name: value for name, value in super().task_json(row).items() if name != "auction_price"}


@fault("config is an object instead of the JSON in a string.", quote='"config": "{...}"')
class ConfigIsObject(Listing):
    def task_json(self, row: Record) -> dict[str, Any]:
        return super().task_json(row) | {"config": json.loads(row["config"])}


@fault("created_at is a number of seconds.", quote='"created_at": "2025-12-01T10:00:00Z"')
class CreatedAtIsNumber(Listing):
    def task_json(self, row: Record) -> dict[str, Any]:
        return super().task_json(row) | {"created_at": int(row["created_at"])}


@fault("retry_count is text.", quote='"retry_count": 0')
class RetryCountIsText(Listing):
    def task_json(self, row: Record) -> dict[str, Any]:
        return super().task_json(row) | {"retry_count": str(row["retry_count"])}


@fault(
    "A queued task has a status that the API page does not list.",
    quote='"status": "pending"; pending → queued',
)
class StatusOfAnotherLanguage(Listing):
    def task_json(self, row: Record) -> dict[str, Any]:
        task = super().task_json(row)
        return task | {"status": "waiting"} if row["status"] == "queued" else task


@fault("The answer has no server_name.", quote='"server_name": "server-01"')
class ServerNameMissing(Listing):
    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        document = super().document(server, list_query, found, total)
        return {name: value for name, value in document.items() if name != "server_name"}


@fault("In a page without tasks, data is null.", quote='"data": [...]')
class EmptyDataIsNull(Listing):
    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        document = super().document(server, list_query, found, total)
        return document | {"data": document["data"] or None}
