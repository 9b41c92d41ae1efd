"""An error status instead of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import ErrorStatus, NotNegative


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """The request is refused with this status, and Retry-After in seconds if wanted; nothing is applied."""

    kind: ClassVar[str] = "status"

    status: ErrorStatus = 503
    retry_after: NotNegative | None = None
