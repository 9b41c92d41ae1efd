"""An exchange: one HTTP request and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer, as the recorder saw them.

    The recorder is, for example, the mock, the proxy of `workerkit record`, or `workerkit conform`.

    number: the number of the exchange in its journal. The first one is 1.
    operation: an operationId of the spec. None if the spec has no operation for the method and path.
    server: the name of the server that owns the API key. None if the recorder does not know it.
    method: the HTTP method.
    path: the raw path, without the query.
    query: the raw query, without the question mark.
    request_headers: pairs of name and value. Names are in lower case.
    request_body: the bytes of the request's body.
    status: the HTTP status of the answer. None if no answer came.
    answer_headers: pairs of name and value. Names are in lower case.
    answer_body: the bytes of the answer's body.
    began: the time of the request, in seconds since 1970. The mock takes the time from the world's clock.
    ended: the time of the answer, in the same unit.
    why: the reason why the mock refused the request, in words. Empty if the mock did not refuse it.
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
        """True if the answer has a 2xx status."""
        return self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The value of a request header. `name` is in lower case. None if the request has no such header."""
        return next((value for header, value in self.request_headers if header == name), None)

    def request_json(self) -> Any:
        """The request's body as JSON. None if the body is empty or not JSON."""
        return _json_or_none(self.request_body)

    def answer_json(self) -> Any:
        """The answer's body as JSON. None if the body is empty or not JSON."""
        return _json_or_none(self.answer_body)


def _json_or_none(body: bytes) -> Any:
    try:
        return parse(body)
    except MalformedJsonError:
        return None
