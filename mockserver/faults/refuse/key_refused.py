"""Refuses the key."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.refusal import UnauthorizedError
from workerkit.scenarios.faults import KeyRefused


class KeyRefusedAction(FaultAction[KeyRefused]):
    """The refusal is the one of a key that is no server's."""

    def before(self) -> None:
        raise UnauthorizedError(self.journal_text)
