"""Answered, but not applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Unapplied(Fault):
    """The request is answered as if it had been applied; the world stays as it was."""

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
