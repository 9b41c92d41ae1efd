"""Refuses with an error status."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deed
from workerkit.mockserver.world.refusal import Disturbed
from workerkit.scenarios.faults import Status


class StatusDeed(Deed[Status]):
    """The refusal takes the place of all that follows."""

    def before(self) -> None:
        raise Disturbed(self.told, self.fault.status, self.fault.retry_after)
