"""A fault: the client gets a TCP reset instead of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The client gets a TCP reset instead of an answer. The request changes nothing."""

    kind: ClassVar[str] = "reset"
    answer_unreadable: ClassVar[bool] = True
