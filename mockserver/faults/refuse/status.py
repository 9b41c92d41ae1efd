"""Refuses with an error status."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults import Status


class StatusAction(FaultAction[Status]):
    """The refusal takes the place of all that follows."""

    def before(self) -> None:
        raise FaultAnswerError(self.journal_text, self.fault.status, self.fault.retry_after)
