"""API page: "2. GET /tasks — Lấy danh sách tasks"."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.independent.call import Record
from tests.independent.kinds import STATUSES
from tests.independent.part import Part
from tests.independent.refusal import RefusalError, invalid
from tests.independent.store import first, rows

_COLUMNS = """
SELECT t.id, t.request_id, t.service_type, t.site_id, t.site_name, a.email, a.username, a.password, a.about,
    t.link_profile, t.link_post, t.status, t.retry_count, t.max_retries, t.details,
    t.started_at, t.created_at, r.name AS request_name, r.website AS request_website, r.type AS type_request,
    r.auction_price, r.config
"""
_SOURCE = "FROM tasks t JOIN requests r ON r.id = t.request_id JOIN accounts a ON a.id = t.account_id"
_FARTHEST = 2**62


@dataclass(frozen=True)
class Condition:
    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class ListQuery:
    """The query of a list, parsed."""

    page: int
    limit: int
    after: str | None
    statuses: tuple[str, ...]
    service_type: str | None


class Listing(Part):
    DEFAULT_LIMIT: ClassVar[int] = 100
    MAXIMUM_LIMIT: ClassVar[int] = 1000
    DEFAULT_STATUS: ClassVar[str] = "pending,queued"

    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        list_query = self.list_query(query)
        with self.store.transaction() as db:
            filters = self.filters(server, list_query)
            position = self.position(db, server, list_query)
            found = self.found(db, [*filters, *position], list_query)
            counted = [*filters, *position] if self.choices.total_with_cursor == "remaining" else filters
            total = self.total(db, counted, found[: list_query.limit])
        return self.document(server, list_query, found, total)

    def list_query(self, query: Mapping[str, str]) -> ListQuery:
        if "after" in query and "page" in query and self.choices.cursor_with_page == "reject":
            raise invalid("after_with_page")
        return ListQuery(
            page=self.page(query),
            limit=self.limit(query),
            after=query.get("after"),
            statuses=self.statuses(query),
            service_type=query.get("service_type"),
        )

    def page(self, query: Mapping[str, str]) -> int:
        return self._number(query.get("page"), 1)

    def limit(self, query: Mapping[str, str]) -> int:
        limit = self._number(query.get("limit"), self.DEFAULT_LIMIT)
        if limit > self.MAXIMUM_LIMIT and self.choices.limit_above_maximum == "reject":
            raise invalid("invalid_limit")
        return min(limit, self.MAXIMUM_LIMIT)

    def statuses(self, query: Mapping[str, str]) -> tuple[str, ...]:
        statuses = tuple(query.get("status", self.DEFAULT_STATUS).split(","))
        if self.choices.unknown_status_filter == "reject" and not set(statuses) <= set(STATUSES):
            raise invalid("invalid_status")
        return statuses

    def filters(self, server: Record, list_query: ListQuery) -> list[Condition]:
        conditions = [
            Condition("t.server_id = ?", (server["id"],)),
            Condition(f"t.status IN ({', '.join('?' for _ in list_query.statuses)})", list_query.statuses),
        ]
        if list_query.service_type is not None:
            conditions.append(Condition("t.service_type = ?", (list_query.service_type,)))
        return conditions

    def position(self, db: sqlite3.Connection, server: Record, list_query: ListQuery) -> list[Condition]:
        """Returns the condition that leaves out the tasks up to the cursor. Empty without a cursor."""
        if list_query.after is None:
            return []
        task = first(db, "SELECT * FROM tasks WHERE id = ?", list_query.after.lower())
        if task is None or (
            task["server_id"] != server["id"] and self.choices.foreign_cursor == "as-unknown"
        ):
            return self._unknown_cursor()
        return [self.after_task(task)]

    def after_task(self, task: Record) -> Condition:
        return Condition(f"(t.created_at, t.id) {self.sign()} (?, ?)", (task["created_at"], task["id"]))

    def sign(self) -> str:
        return "<" if self.choices.list_order == "newest-first" else ">"

    def order(self) -> str:
        direction = "DESC" if self.choices.list_order == "newest-first" else "ASC"
        return f"t.created_at {direction}, t.id {direction}"

    def found(
        self, db: sqlite3.Connection, conditions: Sequence[Condition], list_query: ListQuery
    ) -> list[Record]:
        """Returns the rows of a page, and the first row of the next page if there is one."""
        values = [value for condition in conditions for value in condition.values]
        paging = (list_query.limit + 1, min(self.offset(list_query), _FARTHEST))
        statement = f"{_COLUMNS} {_SOURCE} WHERE {_all(conditions)} ORDER BY {self.order()} LIMIT ? OFFSET ?"
        return rows(db, statement, [*values, *paging])

    def offset(self, list_query: ListQuery) -> int:
        return 0 if list_query.after is not None else (list_query.page - 1) * list_query.limit

    def total(self, db: sqlite3.Connection, conditions: Sequence[Condition], page: Sequence[Record]) -> int:
        values = [value for condition in conditions for value in condition.values]
        counted = rows(db, f"SELECT count(*) AS total {_SOURCE} WHERE {_all(conditions)}", values)
        return int(counted[0]["total"])

    def document(self, server: Record, list_query: ListQuery, found: list[Record], total: int) -> Record:
        page = found[: list_query.limit]
        document = {
            "server_id": server["id"],
            "server_name": server["name"],
            "data": [self.task_json(row) for row in page],
            "total": total,
            "page": list_query.page,
            "limit": list_query.limit,
            "next_cursor": self.next_cursor(page, more=len(found) > len(page)),
        }
        if list_query.after is None and self.choices.first_cursor != "given":
            document["next_cursor"] = None
            if self.choices.first_cursor == "absent":
                del document["next_cursor"]
        elif document["next_cursor"] is None and self.choices.last_cursor == "absent":
            del document["next_cursor"]
        return document

    def next_cursor(self, page: Sequence[Record], *, more: bool) -> str | None:
        if not page or not (more or self.choices.last_cursor == "id"):
            return None
        return str(page[-1]["id"])

    def task_json(self, row: Record) -> dict[str, Any]:
        times = {name: self.time(row[name]) for name in ("started_at", "created_at")}
        more = {"priority": 5, "proxy": None} if self.choices.more_fields else {}
        return row | times | more

    def _number(self, text: str | None, default: int) -> int:
        if text is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,4000}", text):
            raise invalid("invalid_number")
        if (number := int(text)) >= 1:
            return number
        if self.choices.below_minimum == "reject":
            raise invalid("invalid_number")
        return default

    def _unknown_cursor(self) -> list[Condition]:
        if self.choices.unknown_cursor == "reject":
            raise invalid("invalid_cursor")
        if self.choices.unknown_cursor == "not-found":
            raise RefusalError(404, "not_found")
        return [] if self.choices.unknown_cursor == "first-page" else [Condition("0")]


def _all(conditions: Sequence[Condition]) -> str:
    return " AND ".join(condition.sql for condition in conditions) or "1"
