"""Bytes that are no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Positive

_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Garbage(Fault):
    """The request is applied; instead of its answer come so many random bytes, and the end."""

    kind: ClassVar[str] = "garbage"
    garbles: ClassVar[bool] = True

    length: Positive = 1000

    def __post_init__(self) -> None:
        if self.length > _MOST_BYTES:
            raise ValueError(f"length is more than {_MOST_BYTES} bytes")
