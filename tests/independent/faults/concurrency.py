"""Faults that need several requests at the same time."""

from __future__ import annotations

import threading

from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.part import SharedState
from tests.independent.store import first
from tests.independent.updating import Updating

_PAUSE = 0.1
_RESULT = "Cập nhật trạng thái và kết quả của một task."
_ANSWER = '"data": {"updated": true, "link_id": "uuid"}'


class _Slow(Updating):
    def __init__(self, shared: SharedState) -> None:
        super().__init__(shared)
        self._never = threading.Event()

    def pause(self) -> None:
        """Waits, so that another request can come."""
        self._never.wait(_PAUSE)


@fault("If two updates come at the same time, one of them resets the fields of the other.", quote=_RESULT)
class UpdateLostWhenConcurrent(_Slow):
    def answer(self, server: Record, link_id: str, body: object) -> Record:
        with self.store.transaction() as db:
            before = first(db, "SELECT link_profile, link_post FROM tasks WHERE id = ?", link_id.lower())
        self.pause()
        if before is not None and isinstance(body, dict):
            body = before | body
        return super().answer(server, link_id, body)


@fault("If two updates come at the same time, one answer has the link_id of the other.", quote=_ANSWER)
class AnswersMixedWhenConcurrent(_Slow):
    latest = ""

    def answer(self, server: Record, link_id: str, body: object) -> Record:
        answer = super().answer(server, link_id, body)
        self.latest = answer["data"]["link_id"]
        self.pause()
        return answer | {"data": answer["data"] | {"link_id": self.latest}}


@fault("An update during another update is answered with 500.", quote=_RESULT)
class UpdateFailsWhenConcurrent(_Slow):
    def __init__(self, shared: SharedState) -> None:
        super().__init__(shared)
        self._busy = threading.Lock()

    def answer(self, server: Record, link_id: str, body: object) -> Record:
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("database is locked")
        try:
            self.pause()
            return super().answer(server, link_id, body)
        finally:
            self._busy.release()
