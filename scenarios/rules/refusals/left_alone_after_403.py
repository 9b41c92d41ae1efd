"""A task that is another server's is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.refusals.left_alone import LeftAlone


@dataclass(frozen=True, slots=True)
class LeftAloneAfter403(LeftAlone):
    """No further attempt at a task that was refused with 403, unless a list names it again."""

    id: ClassVar[str] = "left-alone-after-403"
    why: ClassVar[str] = "Another server does this task now: whatever else is done for it is done twice."
    careful: ClassVar[str] = "drops a task that is answered with 403 at once, and goes on with the others"
    code: ClassVar[int] = 403
