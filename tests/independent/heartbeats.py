"""API page: "1. POST /health — Heartbeat"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.kinds import Kind
from tests.independent.part import Part
from tests.independent.store import write


class Heartbeats(Part):
    FIELDS: ClassVar[Mapping[str, Kind]] = {
        "server_name": kinds.text,
        "ip": kinds.text,
        "cpu_usage": kinds.number,
        "ram_usage": kinds.number,
        "disk_usage": kinds.number,
        "active_threads": kinds.whole,
        "active_tasks": kinds.whole,
    }

    def answer(self, server: Record, body: object) -> Record:
        required = self.FIELDS if self.choices.heartbeat_fields == "required" else ()
        report = self.checked(body, self.FIELDS, required)
        changes: Record = {"seen": self.clock()}
        if self.choices.heartbeat_name == "reported":
            changes["name"] = report.get("server_name", server["name"])
        with self.store.transaction() as db:
            write(db, "servers", server["id"], changes)
        return {"success": True, "data": self.data(server | changes)}

    def data(self, server: Record) -> Record:
        return {
            "status": "ok",
            "server_id": server["id"],
            "server_name": server["name"],
            "server_time": self.time(self.clock()),
        }
