"""A fault: a correct key is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class KeyRefused(Fault):
    """The request is refused with 401, as if its key belonged to no server. The request changes nothing."""

    kind: ClassVar[str] = "key-refused"
