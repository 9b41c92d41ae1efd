"""A fault: an error status instead of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.retry_after_form import RetryAfterForm
from workerkit.scenarios.fields.kinds import ErrorStatus, NotNegative


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """The request is refused with an error status. The request changes nothing.

    status: the status code.
    retry_after: the seconds for a Retry-After header. Without it there is no such header.
    retry_after_as: whether the header has these seconds, or the date after them.
    """

    kind: ClassVar[str] = "status"

    status: ErrorStatus = 503
    retry_after: NotNegative | None = None
    retry_after_as: RetryAfterForm = "seconds"
