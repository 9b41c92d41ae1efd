"""Faults of POST /health."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import ClassVar

from tests.independent import kinds
from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.heartbeats import Heartbeats
from tests.independent.kinds import Kind

_FLOAT = "cpu_usage | float | % CPU đang dùng"


@fault("Each heartbeat has another server_id.", quote='"server_id": "uuid"')
class HeartbeatServerIdChanges(Heartbeats):
    def data(self, server: Record) -> Record:
        return super().data(server) | {"server_id": str(uuid.uuid4())}


@fault(
    "The server_id of the heartbeat differs from the server_id of GET /tasks.", quote='"server_id": "uuid"'
)
class HeartbeatServerIdIsAnothers(Heartbeats):
    def data(self, server: Record) -> Record:
        return super().data(server) | {"server_id": str(uuid.uuid5(uuid.NAMESPACE_URL, server["id"]))}


@fault("server_time is missing.", quote='"server_time": "2025-12-01T10:00:00Z"')
class HeartbeatWithoutServerTime(Heartbeats):
    def data(self, server: Record) -> Record:
        return {name: value for name, value in super().data(server).items() if name != "server_time"}


@fault("server_time is a number of seconds.", quote='"server_time": "2025-12-01T10:00:00Z"')
class HeartbeatServerTimeIsNumber(Heartbeats):
    def data(self, server: Record) -> Record:
        return super().data(server) | {"server_time": int(self.clock())}


@fault("server_time is always the same time.", quote='"server_time": "2025-12-01T10:00:00Z"')
class HeartbeatServerTimeStandsStill(Heartbeats):
    def data(self, server: Record) -> Record:
        return super().data(server) | {"server_time": "2025-12-01T10:00:00Z"}


@fault("status is not ok.", quote='"status": "ok"')
class HeartbeatStatusAlive(Heartbeats):
    def data(self, server: Record) -> Record:
        return super().data(server) | {"status": "alive"}


@fault("The answer has no data.", quote='"data": {"status": "ok", ...}')
class HeartbeatWithoutData(Heartbeats):
    def answer(self, server: Record, body: object) -> Record:
        return {"success": super().answer(server, body)["success"]}


@fault("A usage with a decimal fraction is refused.", quote=_FLOAT)
class HeartbeatRefusesFractions(Heartbeats):
    FIELDS: ClassVar[Mapping[str, Kind]] = {**Heartbeats.FIELDS, "ram_usage": kinds.whole}


@fault("A usage that is text is accepted.", quote=f"{_FLOAT}; 400 | Request không hợp lệ")
class HeartbeatTakesTextForNumber(Heartbeats):
    FIELDS: ClassVar[Mapping[str, Kind]] = {
        **Heartbeats.FIELDS,
        "cpu_usage": lambda value: kinds.number(value) or kinds.text(value),
    }


def _truthy_number(value: object) -> bool:
    return kinds.whole(value) and bool(value)


@fault("A heartbeat with active_tasks 0 is refused.", quote="active_tasks | int | Số task đang xử lý")
class HeartbeatRefusesZero(Heartbeats):
    FIELDS: ClassVar[Mapping[str, Kind]] = {**Heartbeats.FIELDS, "active_tasks": _truthy_number}
