"""A task that is not there is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.refusals.left_alone import LeftAlone


@dataclass(frozen=True, slots=True)
class LeftAloneAfter404(LeftAlone):
    """No further attempt at a task that was answered with 404, unless a list names it again."""

    id: ClassVar[str] = "left-alone-after-404"
    why: ClassVar[str] = (
        "A task that is gone does not come back by asking for it, and the work is for nobody."
    )
    careful: ClassVar[str] = "drops a task that is answered with 404 at once, and goes on with the others"
    code: ClassVar[int] = 404
