"""The fault `down`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Seconds


@dataclass(frozen=True, slots=True)
class Down(Fault):
    """The request gets a TCP reset and changes nothing. Then the port refuses connections for some time.

    seconds: this time. After it, the port takes connections again.
    """

    kind: ClassVar[str] = "down"
    answer_unreadable: ClassVar[bool] = True
    needs_own_port: ClassVar[bool] = True

    seconds: Seconds = 1.0
