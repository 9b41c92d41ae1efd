"""A fault: an answer with broken chunked encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class MalformedChunk(Fault):
    """The request takes effect. The first chunk is valid, but the length of the next chunk is not.

    share: how much of the body the first chunk has, from 0 (nothing) to 1 (everything except the last byte).
    """

    kind: ClassVar[str] = "malformed-chunk"
    answer_unreadable: ClassVar[bool] = True

    share: Share = 0.5
