"""A fault: the request is never answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """The request gets no answer, and its connection stays open. The request changes nothing."""

    kind: ClassVar[str] = "hang"
    answer_unreadable: ClassVar[bool] = True
