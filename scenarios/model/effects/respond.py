"""An effect that answers a request with an answer from the scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import AnswerStatus, Headers, Json
from workerkit.scenarios.model.effects.effect import Effect

NO_BODY = (204, 205, 304)


@dataclass(frozen=True, slots=True)
class Respond(Effect):
    """The request gets this answer and changes nothing in the world. Faults do not affect the answer.

    status: the status code of the answer.
    body: a JSON value, the body of the answer.
    text: a body that is not JSON. It is sent as text/plain unless `headers` has a Content-Type.
    headers: further headers of the answer.
    Without `body` and `text` the answer has no body.
    """

    kind: ClassVar[str] = "respond"

    status: AnswerStatus
    body: Json = None
    text: str | None = None
    headers: Headers | None = None

    def __post_init__(self) -> None:
        if self.body is not None and self.text is not None:
            raise ValueError("body and text are both given: keep one")
        if self.status in NO_BODY and (self.body is not None or self.text is not None):
            raise ValueError(f"an answer with status {self.status} has no body: leave it out")

    @property
    def subject(self) -> str:
        return str(self.status)
