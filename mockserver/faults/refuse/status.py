"""The fault `status`: answers with an error status."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.status import Status


class StatusAction(FaultAction[Status]):
    """Refuses the request. The world does not change."""

    def before_handling(self) -> None:
        raise FaultAnswerError(self.journal_text, self.fault.status, self.fault.retry_after)
