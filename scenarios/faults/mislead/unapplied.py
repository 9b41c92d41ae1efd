"""A fault: a request is answered but does not take effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Unapplied(Fault):
    """The request gets the answer of a successful request, but the world does not change."""

    kind: ClassVar[str] = "unapplied"
    operations: ClassVar[tuple[str, ...]] = (
        "heartbeat",
        "updateTask",
        "bulkUpdateTasks",
        "sendLogs",
        "updateLink",
        "completeLink",
        "setRequestStatus",
        "setAccountStatus",
    )
