"""JSON that does not call itself so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf

TYPES = ("text/html", "text/plain", "application/octet-stream", "missing")


@dataclass(frozen=True, slots=True)
class WrongContentType(Fault):
    """The request is applied; the answer's Content-Type is this one, or missing."""

    kind: ClassVar[str] = "wrong-content-type"
    garbles: ClassVar[bool] = True

    content_type: Annotated[str, OneOf(TYPES)] = "text/html"
