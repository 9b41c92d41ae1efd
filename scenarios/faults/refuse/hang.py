"""No answer, and no end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """The connection stays open without a byte until the client goes away; nothing is applied."""

    kind: ClassVar[str] = "hang"
    garbles: ClassVar[bool] = True
