"""A request gets an answer that the scenario wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.scenarios.fields.kinds import AnswerStatus, Headers, Json
from workerkit.scenarios.model.effects.effect import Effect

NO_BODY = (204, 205, 304)
_MISSING: Any = None


@dataclass(frozen=True, slots=True)
class Respond(Effect):
    """The request that it happens at gets this answer and does nothing; faults do not strike it.

    `body` is JSON; `text` is sent as it is, as text/plain unless the headers say otherwise. Without either
    the answer has no body.
    """

    kind: ClassVar[str] = "respond"

    status: AnswerStatus
    body: Json = _MISSING
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
