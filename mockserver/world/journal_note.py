"""An exchange as the journal keeps it until somebody reads it: written in a fraction of the time."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.mockserver.http.answer import RawHeaders
from workerkit.mockserver.http.headers import header_set
from workerkit.openapi.exchange import Exchange, Headers


@dataclass(slots=True)  # to freeze it would take longer than to write it
class JournalNote:
    """What an `Exchange` says, in the same order, with the answer's headers as they went on the wire."""

    number: int
    operation: str | None
    server: str | None
    method: str
    path: str
    query: str
    request_headers: Headers
    request_body: bytes
    status: int
    answer_headers: RawHeaders
    answer_body: bytes
    began: float
    ended: float
    why: str

    def exchange(self) -> Exchange:
        """The exchange that this is the note of."""
        said = {name: getattr(self, name) for name in self.__slots__}
        return Exchange(**{**said, "answer_headers": header_set(self.answer_headers).pairs})
