"""A fault: the connection is closed in the middle of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class CloseInBody(Fault):
    """The request takes effect. The connection is closed after the head and the first part of the body.

    share: the size of this part, from 0 (nothing) to 1 (everything except the last byte).
    """

    kind: ClassVar[str] = "close-in-body"
    answer_unreadable: ClassVar[bool] = True

    share: Share = 0.5
