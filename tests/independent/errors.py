"""Makes the answers of refused requests."""

from __future__ import annotations

from http import HTTPStatus

from tests.independent.call import Answer
from tests.independent.part import Part
from tests.independent.refusal import RefusalError


class Errors(Part):
    """API page: "Error Responses". The page has the statuses and leaves the bodies open."""

    def answer(self, refusal: RefusalError) -> Answer:
        message = HTTPStatus(refusal.status).phrase
        if self.choices.error_body == "code":
            return Answer(refusal.status, {"success": False, "error": refusal.code})
        if self.choices.error_body == "nested":
            nested = {"code": refusal.code, "message": message}
            return Answer(refusal.status, {"success": False, "error": nested})
        return Answer(refusal.status, {"success": False, "error": refusal.code, "message": message})
