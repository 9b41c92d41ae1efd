"""A fault: the answer has a wrong Content-Type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf

TYPES = ("text/html", "text/plain", "application/octet-stream", "missing")


@dataclass(frozen=True, slots=True)
class WrongContentType(Fault):
    """The request takes effect. Its answer has this Content-Type; with `missing` it has none."""

    kind: ClassVar[str] = "wrong-content-type"
    answer_unreadable: ClassVar[bool] = True

    content_type: Annotated[str, OneOf(TYPES)] = "text/html"
