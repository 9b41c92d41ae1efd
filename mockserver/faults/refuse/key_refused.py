"""The fault `key-refused`: answers 401."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.refusal import UnauthorizedError
from workerkit.scenarios.faults.refuse.key_refused import KeyRefused


class KeyRefusedAction(FaultAction[KeyRefused]):
    """Refuses the request in the same way as a request with an unknown API key."""

    def before_handling(self) -> None:
        raise UnauthorizedError(self.journal_text)
