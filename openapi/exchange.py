"""One request with its answer: what every other room speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer, as the side that recorded it saw them.

    `operation` is an operationId of the spec, or None where the path or method is no operation's.
    `server` is the name of the server that the API key belongs to, where the recorder knows it.
    `path` is without the query, `query` without its question mark, header names are lower case.
    `status` is None where no answer came. `began` and `ended` are seconds since 1970 on the clock of the
    recorder (the world's clock in the mock); `why` says in words why the mock refused.
    """

    number: int
    operation: str | None
    server: str | None
    method: str
    path: str
    query: str
    request_headers: Headers
    request_body: bytes
    status: int | None
    answer_headers: Headers
    answer_body: bytes
    began: float
    ended: float
    why: str = ""

    @property
    def accepted(self) -> bool:
        """True where the answer has a 2xx status."""
        return self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """What the request has in a header, by its name in lower case; None where it has none such."""
        return next((text for given, text in self.request_headers if given == name), None)

    def sent(self) -> Any:
        """The request's body as JSON, or None where it has none or it is no JSON."""
        return _json_or_none(self.request_body)

    def answered(self) -> Any:
        """The answer's body as JSON, or None where it has none or it is no JSON."""
        return _json_or_none(self.answer_body)


def _json_or_none(body: bytes) -> Any:
    try:
        return parse(body)
    except MalformedJsonError:
        return None
