"""Rule left-alone-after-404: drop a task that does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.refusals.left_alone import LeftAlone


@dataclass(frozen=True, slots=True)
class LeftAloneAfter404(LeftAlone):
    """After a 404 for a task, the worker must not report the task again until a list names it again."""

    id: ClassVar[str] = "left-alone-after-404"
    why: ClassVar[str] = phrase("A deleted task does not come back, and nobody needs its result.")
    careful: ClassVar[str] = phrase(
        "drops a task at once when a report of it is answered with 404, and goes on with the other tasks"
    )
    no_occasion: ClassVar[str] = phrase("no report of a single task was refused with 404")
    code: ClassVar[int] = 404
