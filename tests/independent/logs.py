"""API page: "5. POST /logs — Gửi logs hàng loạt"."""

from __future__ import annotations

from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.part import Part
from tests.independent.refusal import RefusalError, invalid
from tests.independent.store import insert


class Logs(Part):
    MOST: ClassVar[int] = 500
    LEVELS: ClassVar[tuple[str, ...]] = ("INFO", "WARN", "ERROR", "DEBUG")

    def answer(self, server: Record, body: object) -> Record:
        logs = self.checked(body, {"logs": _is_list}, ["logs"])["logs"]
        if len(logs) > self.MOST or (not logs and self.choices.logs_empty == "reject"):
            raise invalid("invalid_number_of_logs")
        entries = [entry for log in logs if (entry := self.entry(log)) is not None]
        with self.store.transaction() as db:
            for entry in entries:
                insert(db, "logs", entry | {"server_id": server["id"]})
        return self.document(len(entries))

    def entry(self, log: object) -> Record | None:
        """Returns the fields of a log entry. None if the entry is skipped.

        Raises RefusalError with 400 if one bad entry makes the whole batch invalid.
        """
        try:
            return self.checked(log, {"level": self.level, "message": kinds.text}, ["level", "message"])
        except RefusalError:
            if self.choices.logs_bad_entry == "whole":
                raise
            return None

    def level(self, value: object) -> bool:
        upper = value.upper() if self.choices.log_level_case == "any" and isinstance(value, str) else value
        return upper in self.LEVELS

    def document(self, created: int) -> Record:
        return {"success": True, "created": created}


def _is_list(value: object) -> bool:
    return isinstance(value, list)
