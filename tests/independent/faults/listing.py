"""Faults of GET /tasks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.listing import Condition, Listing, Wanted
from tests.independent.refusal import invalid

_ASSIGNED = "Lấy tasks được giao cho server."
_STATUS = "status | pending,queued | Lọc theo status"
_SERVICE = "service_type | - | Lọc theo loại service"
_PAGE = "page | 1 | Trang (offset pagination)"
_LIMIT = "limit | 100 | Số lượng (tối đa 1000)"
_AFTER = "after | - | ID cuối trang trước (cursor pagination)"
_NEXT = '"next_cursor": "uuid-of-last-item"'
_TOTAL = '"total": 50'


@fault("Other servers' tasks are listed, too.", quote=_ASSIGNED)
class ForeignTasksListed(Listing):
    def filters(self, server: Record, wanted: Wanted) -> list[Condition]:
        return super().filters(server, wanted)[1:]


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


@fault("Of several statuses only the first counts.", quote=_STATUS)
class StatusFilterTakesFirst(Listing):
    def statuses(self, query: Mapping[str, str]) -> tuple[str, ...]:
        statuses = super().statuses(query)
        return statuses[:1] if "status" in query else statuses


@fault("The parameter service_type is ignored.", quote=_SERVICE)
class ServiceTypeIgnored(Listing):
    def filters(self, server: Record, wanted: Wanted) -> list[Condition]:
        return super().filters(server, wanted)[:2]


@fault("The parameter service_type is ignored when there is a status.", quote=_SERVICE)
class ServiceTypeIgnoredBesideStatus(Listing):
    def wanted(self, query: Mapping[str, str]) -> Wanted:
        kept = {
            name: value for name, value in query.items() if name != "service_type" or "status" not in query
        }
        return super().wanted(kept)


@fault("total is the number of tasks on the page.", quote=_TOTAL)
class TotalOfPage(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return len(page)


@fault("total counts the tasks of all statuses, whatever is filtered.", quote=_TOTAL)
class TotalIgnoresFilters(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return super().total(db, conditions[:1], page)


@fault("total is one too many.", quote=_TOTAL)
class TotalOneTooMany(Listing):
    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        return super().total(db, conditions, page) + 1


@fault("Pages count from zero, so page 1 is the second.", quote=_PAGE)
class PageOffByOne(Listing):
    def offset(self, wanted: Wanted) -> int:
        return 0 if wanted.after is not None else wanted.page * wanted.limit


@fault("Each page begins with the last task of the page before.", quote=_PAGE)
class PagesOverlap(Listing):
    def offset(self, wanted: Wanted) -> int:
        return max(super().offset(wanted) - (wanted.page - 1), 0)


@fault("Between two pages a task is left out.", quote=_PAGE)
class PagesLeaveOut(Listing):
    def offset(self, wanted: Wanted) -> int:
        return super().offset(wanted) + (wanted.page - 1 if wanted.after is None else 0)


@fault("Every page is the first.", quote=_PAGE)
class PageIgnored(Listing):
    def offset(self, wanted: Wanted) -> int:
        return 0


@fault("The answer's page is always 1.", quote=_PAGE)
class PageNotEchoed(Listing):
    def document(self, server: Record, wanted: Wanted, found: list[Record], total: int) -> Record:
        return super().document(server, wanted, found, total) | {"page": 1}


@fault("The order is another one each time, so tasks are met twice or never.", quote=_PAGE)
class OrderChangesBetweenPages(Listing):
    def order(self) -> str:
        return "random()"


@fault("A task is skipped behind the cursor.", quote=_AFTER)
class CursorSkipsOne(Listing):
    def offset(self, wanted: Wanted) -> int:
        return super().offset(wanted) + (wanted.after is not None)


@fault("The cursor's task is listed again.", quote=_AFTER)
class CursorRepeatsLast(Listing):
    def sign(self) -> str:
        return f"{super().sign()}="


@fault("The parameter after is ignored.", quote=_AFTER)
class CursorIgnored(Listing):
    def position(self, db: sqlite3.Connection, server: Record, wanted: Wanted) -> list[Condition]:
        return []


@fault("Behind a cursor tasks of every status are listed.", quote=_STATUS)
class CursorForgetsStatus(Listing):
    def found(self, db: sqlite3.Connection, conditions: Sequence[Condition], wanted: Wanted) -> list[Record]:
        kept = [
            condition for condition in conditions if wanted.after is None or "t.status" not in condition.sql
        ]
        return super().found(db, kept, wanted)


@fault("Behind a cursor tasks of every service type are listed.", quote=_SERVICE)
class CursorForgetsServiceType(Listing):
    def found(self, db: sqlite3.Connection, conditions: Sequence[Condition], wanted: Wanted) -> list[Record]:
        kept = [
            condition
            for condition in conditions
            if wanted.after is None or "t.service_type" not in condition.sql
        ]
        return super().found(db, kept, wanted)


@fault("next_cursor is the first task of the page.", quote=_NEXT)
class NextCursorIsFirstItem(Listing):
    def next_cursor(self, page: Sequence[Record], *, more: bool) -> str | None:
        return super().next_cursor(page[:1], more=more)


@fault("next_cursor is the last task but one.", quote=_NEXT)
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


@fault("limit=1001 is accepted and answered as 1001.", quote=_LIMIT)
class LimitAboveMaximumAccepted(Listing):
    MAXIMUM_LIMIT: ClassVar[int] = 1_000_000


@fault("limit is cut at 500.", quote=_LIMIT)
class LimitCutAtFiveHundred(Listing):
    MAXIMUM_LIMIT: ClassVar[int] = 500


@fault("limit=1000 is refused.", quote=_LIMIT)
class LimitThousandRefused(Listing):
    def limit(self, query: Mapping[str, str]) -> int:
        if (limit := super().limit(query)) == self.MAXIMUM_LIMIT:
            raise invalid("invalid_limit")
        return limit


@fault("limit is echoed, but all tasks are listed.", quote=_LIMIT)
class LimitWithoutEffect(Listing):
    def document(self, server: Record, wanted: Wanted, found: list[Record], total: int) -> Record:
        with self.store.transaction() as db:
            conditions = [*self.filters(server, wanted), *self.position(db, server, wanted)]
            every = Wanted(1, self.MAXIMUM_LIMIT, wanted.after, wanted.statuses, wanted.service_type)
            data = [self.shown(row) for row in self.found(db, conditions, every)]
        return super().document(server, wanted, found, total) | {"data": data}


@fault("limit is answered as 100, whatever was asked.", quote='"limit": 100')
class LimitNotEchoed(Listing):
    def document(self, server: Record, wanted: Wanted, found: list[Record], total: int) -> Record:
        return super().document(server, wanted, found, total) | {"limit": 100}


@fault("A limit that is no number is taken for the default.", quote="400 | Request không hợp lệ")
class LimitWordAccepted(Listing):
    def limit(self, query: Mapping[str, str]) -> int:
        word = query.get("limit", "")
        return super().limit(query) if word.lstrip("-").isdigit() else self.DEFAULT_LIMIT


@fault("A task has no auction_price.", quote='"auction_price": 100')
class FieldMissing(Listing):
    def shown(self, row: Record) -> dict[str, Any]:
        return {name: value for name, value in super().shown(row).items() if name != "auction_price"}


@fault("config is an object instead of the JSON in a string.", quote='"config": "{...}"')
class ConfigIsObject(Listing):
    def shown(self, row: Record) -> dict[str, Any]:
        return super().shown(row) | {"config": json.loads(row["config"])}


@fault("created_at is a number of seconds.", quote='"created_at": "2025-12-01T10:00:00Z"')
class CreatedAtIsNumber(Listing):
    def shown(self, row: Record) -> dict[str, Any]:
        return super().shown(row) | {"created_at": int(row["created_at"])}


@fault("retry_count is text.", quote='"retry_count": 0')
class RetryCountIsText(Listing):
    def shown(self, row: Record) -> dict[str, Any]:
        return super().shown(row) | {"retry_count": str(row["retry_count"])}


@fault(
    "A queued task is shown with a status that the page does not know.",
    quote='"status": "pending"; pending → queued',
)
class StatusOfAnotherLanguage(Listing):
    def shown(self, row: Record) -> dict[str, Any]:
        shown = super().shown(row)
        return shown | {"status": "waiting"} if row["status"] == "queued" else shown


@fault("The answer lacks server_name.", quote='"server_name": "server-01"')
class ServerNameMissing(Listing):
    def document(self, server: Record, wanted: Wanted, found: list[Record], total: int) -> Record:
        document = super().document(server, wanted, found, total)
        return {name: value for name, value in document.items() if name != "server_name"}


@fault("A page without tasks has data null.", quote='"data": [...]')
class EmptyDataIsNull(Listing):
    def document(self, server: Record, wanted: Wanted, found: list[Record], total: int) -> Record:
        document = super().document(server, wanted, found, total)
        return document | {"data": document["data"] or None}
