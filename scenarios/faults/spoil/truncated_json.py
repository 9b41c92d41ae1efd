"""A fault: the JSON of the answer is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class TruncatedJson(Fault):
    """The request takes effect. The answer is valid HTTP, but its body is only the first part of the JSON.

    share: the size of this part, from 0 (nothing) to 1 (everything except the last byte).
    """

    kind: ClassVar[str] = "truncated-json"
    answer_unreadable: ClassVar[bool] = True

    share: Share = 0.5
