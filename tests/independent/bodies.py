"""Parses bodies."""

from __future__ import annotations

import json

from tests.independent.call import Call
from tests.independent.part import Part
from tests.independent.refusal import RefusalError, invalid

_LONGEST = 4_000_000


class Bodies(Part):
    """API page: "Content-Type: application/json" for each request with a body."""

    def read(self, call: Call) -> object:
        """Returns the body as JSON.

        Raises RefusalError: 400 if it is not JSON, 400 or 415 for another content type.
        """
        self._check_type(call.headers.get("content-type", ""))
        if len(call.body) > _LONGEST:
            raise invalid("body_too_large")
        try:
            parsed: object = json.loads(call.body.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise self.unreadable() from error
        return parsed

    def unreadable(self) -> RefusalError:
        return invalid("invalid_json")

    def _check_type(self, content_type: str) -> None:
        if (
            self.choices.content_type == "any"
            or content_type.partition(";")[0].strip().lower() == "application/json"
        ):
            return
        raise (
            invalid("invalid_content_type")
            if self.choices.content_type == "bad-request"
            else RefusalError(415, "unsupported_media_type")
        )


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is not JSON")
