"""The fault `status`: answers with an error status."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.faults.refuse.retry_after import retry_after_text
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.status import Status


class StatusAction(FaultAction[Status]):
    """Refuses the request. The world does not change."""

    def before_handling(self) -> None:
        seconds = self.fault.retry_after
        retry_after = None
        if seconds is not None:
            now = self.world.clock.now()
            retry_after = retry_after_text(seconds, self.fault.retry_after_as, now=now)
        raise FaultAnswerError(self.journal_text, self.fault.status, retry_after)
