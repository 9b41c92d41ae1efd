"""The key is refused though it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class KeyRefused(Fault):
    """The request is refused with 401 as if its key were no server's; nothing is applied."""

    kind: ClassVar[str] = "key-refused"
