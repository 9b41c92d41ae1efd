"""The connection is closed without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class EmptyAnswer(Fault):
    """The connection is closed in good order without a byte; nothing is applied."""

    kind: ClassVar[str] = "empty-answer"
    garbles: ClassVar[bool] = True
