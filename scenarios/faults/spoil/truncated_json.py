"""JSON that ends too soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class TruncatedJson(Fault):
    """The request is applied; the answer is sound HTTP, but its body is cut off after this share."""

    kind: ClassVar[str] = "truncated-json"
    garbles: ClassVar[bool] = True

    share: Share = 0.5
