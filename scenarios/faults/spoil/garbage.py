"""A fault: the answer is not HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive

_MAX_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Garbage(Fault):
    """The request takes effect. The client gets `length` random bytes instead of the answer."""

    kind: ClassVar[str] = "garbage"
    answer_unreadable: ClassVar[bool] = True

    length: Positive = 1000

    def __post_init__(self) -> None:
        if self.length > _MAX_BYTES:
            raise ValueError(f"length is more than {_MAX_BYTES} bytes: write a smaller number")
