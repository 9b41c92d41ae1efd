"""A fault: the connection is closed without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class EmptyAnswer(Fault):
    """The connection is closed normally, and nothing is sent. The request changes nothing."""

    kind: ClassVar[str] = "empty-answer"
    answer_unreadable: ClassVar[bool] = True
