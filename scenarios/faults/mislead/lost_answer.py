"""A fault: the request takes effect but its answer is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf


@dataclass(frozen=True, slots=True)
class LostAnswer(Fault):
    """The request takes effect. No answer is sent.

    by: what happens to the connection: `reset`, `close`, or `hang`, which keeps it open.
    """

    kind: ClassVar[str] = "lost-answer"
    answer_unreadable: ClassVar[bool] = True

    by: Annotated[str, OneOf(("reset", "close", "hang"))] = "reset"
