"""Rule left-alone-after-403: drop a task that belongs to another server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.refusals.left_alone import LeftAlone


@dataclass(frozen=True, slots=True)
class LeftAloneAfter403(LeftAlone):
    """After a 403 for a task, the worker must not report the task again until a list names it again."""

    id: ClassVar[str] = "left-alone-after-403"
    why: ClassVar[str] = phrase(
        "Another server does this task now. If this worker goes on, the task is done twice."
    )
    careful: ClassVar[str] = phrase(
        "drops a task at once when a report of it is answered with 403, and goes on with the other tasks"
    )
    no_occasion: ClassVar[str] = phrase("no report of a single task was refused with 403")
    code: ClassVar[int] = 403
