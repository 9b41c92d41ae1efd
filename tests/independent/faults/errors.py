"""Faults in the answers to refused requests."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from tests.independent.bodies import Bodies
from tests.independent.call import Answer, Call, Record
from tests.independent.errors import Errors
from tests.independent.fault import fault
from tests.independent.refusal import RefusalError
from tests.independent.updating import Updating

_NOT_YOURS = "403 | Task không thuộc server này (not_your_task)"
_INVALID = "400 | Request không hợp lệ"


@fault("An unknown task is answered with 500.", quote="404 | Không tìm thấy resource")
class UnknownTaskCrashes(Updating):
    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        rows = db.execute("SELECT * FROM tasks WHERE id = ?", (link_id,)).fetchall()
        return super().own(db, server, rows[0]["id"])


@fault("The 403 for a task of another server does not contain not_your_task.", quote=_NOT_YOURS)
class ForeignWithoutCode(Errors):
    def answer(self, refusal: RefusalError) -> Answer:
        return super().answer(RefusalError(403, "forbidden") if refusal.status == 403 else refusal)


@fault("Error answers are HTML pages and do not contain not_your_task.", quote=_NOT_YOURS)
class ErrorsAreHtml(Errors):
    def answer(self, refusal: RefusalError) -> Answer:
        return Answer(refusal.status, f"<html><h1>{refusal.status}</h1></html>")


@fault("All error answers have the status 200.", quote="Error Responses: 400, 401, 403, 404, 500")
class ErrorsHaveStatusOk(Errors):
    def answer(self, refusal: RefusalError) -> Answer:
        return replace(super().answer(refusal), status=200)


@fault("Answers for unknown resources have the status 200.", quote="404 | Không tìm thấy resource")
class NotFoundHasStatusOk(Errors):
    def answer(self, refusal: RefusalError) -> Answer:
        answer = super().answer(refusal)
        return replace(answer, status=200) if refusal.status == 404 else answer


@fault("Error answers have success: true.", quote='"success": true')
class RefusalSaysSuccess(Errors):
    def answer(self, refusal: RefusalError) -> Answer:
        answer = super().answer(refusal)
        assert isinstance(answer.document, dict)
        return replace(answer, document={**answer.document, "success": True})


@fault("A body that is not JSON is answered with 500.", quote=_INVALID)
class BrokenJsonCrashes(Bodies):
    def unreadable(self) -> RefusalError:
        return RefusalError(500, "internal_error")


@fault("A body that is JSON but not an object is answered with 500.", quote=_INVALID)
class BodyThatIsNoObjectCrashes(Bodies):
    def read(self, call: Call) -> object:
        body = super().read(call)
        if not isinstance(body, dict):
            raise TypeError("indices must be strings")
        return body


@fault("A body that is not JSON is handled as an empty object.", quote=_INVALID)
class BrokenJsonIsEmpty(Bodies):
    def read(self, call: Call) -> object:
        try:
            return super().read(call)
        except RefusalError:
            return {}
