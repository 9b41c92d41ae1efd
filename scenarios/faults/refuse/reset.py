"""The connection is reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """Instead of an answer the client gets a TCP reset; nothing is applied."""

    kind: ClassVar[str] = "reset"
    garbles: ClassVar[bool] = True
