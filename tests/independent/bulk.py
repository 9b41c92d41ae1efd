"""API page: "4. PUT /tasks/bulk — Cập nhật nhiều tasks"."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.refusal import RefusalError, invalid
from tests.independent.tasks import Tasks


@dataclass(frozen=True)
class Item:
    """One entry of `items`. `refusal`: why it is refused; then the entry is not processed."""

    link_id: str
    changes: Record
    refusal: RefusalError | None = None


class Bulk(Tasks):
    MOST: ClassVar[int] = 500

    def answer(self, server: Record, body: object) -> Record:
        items = self.items(body)
        with self.store.transaction() as db:
            results = self.results(db, server, items)
        return self.document(results)

    def items(self, body: object) -> list[Item]:
        """Returns the items. Raises RefusalError with 400 if the whole batch is refused."""
        entries = self.checked(body, {"items": _is_list}, ["items"])["items"]
        if len(entries) > self.MOST or (not entries and self.choices.bulk_empty == "reject"):
            raise invalid("invalid_number_of_items")
        items = [self.item(entry) for entry in entries]
        identities = [item.link_id.lower() for item in items]
        if self.choices.bulk_duplicate == "reject" and len(set(identities)) < len(identities):
            raise invalid("duplicate_link_id")
        return items

    def item(self, entry: object) -> Item:
        try:
            changes = self.checked(entry, {"link_id": kinds.text, **self.CHANGES}, ["link_id"])
            link_id = changes.pop("link_id")
            if not changes and self.choices.empty_change == "reject":
                raise invalid("nothing_to_update")
            if not kinds.uuid(link_id) and self.choices.malformed_id == "reject":
                raise invalid("invalid_id")
        except RefusalError as refusal:
            if self.choices.bulk_bad_item == "whole":
                raise
            return Item(_link_id(entry), {}, refusal)
        return Item(link_id, changes)

    def results(self, db: sqlite3.Connection, server: Record, items: Sequence[Item]) -> list[Record]:
        return [self.result(db, server, item) for item in items]

    def result(self, db: sqlite3.Connection, server: Record, item: Item) -> Record:
        try:
            if item.refusal is not None:
                raise item.refusal
            self.change(db, self.own(db, server, item.link_id.lower()), item.changes)
        except RefusalError as refusal:
            return self.refused(item, refusal)
        return {"link_id": item.link_id, "success": True}

    def refused(self, item: Item, refusal: RefusalError) -> Record:
        return {"link_id": item.link_id, "success": False, "error": refusal.code}

    def unknown(self) -> RefusalError:
        return RefusalError(404, self.choices.bulk_missing_code)

    def document(self, results: Sequence[Record]) -> Record:
        success = sum(result["success"] for result in results)
        return {
            "total": len(results),
            "success": success,
            "failed": len(results) - success,
            "results": list(results),
        }


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _link_id(entry: object) -> str:
    link_id = entry.get("link_id") if isinstance(entry, dict) else None
    return link_id if isinstance(link_id, str) and kinds.text(link_id) else ""
