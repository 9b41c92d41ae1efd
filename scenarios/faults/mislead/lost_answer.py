"""Applied, but the answer is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf


@dataclass(frozen=True, slots=True)
class LostAnswer(Fault):
    """The request is applied; instead of its answer comes a TCP reset, a close, or nothing at all."""

    kind: ClassVar[str] = "lost-answer"
    garbles: ClassVar[bool] = True

    by: Annotated[str, OneOf(("reset", "close", "hang"))] = "reset"
