"""Refuses the key."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deed
from workerkit.mockserver.world.refusal import Unauthorized
from workerkit.scenarios.faults import KeyRefused


class KeyRefusedDeed(Deed[KeyRefused]):
    """The refusal is the one of a key that is no server's."""

    def before(self) -> None:
        raise Unauthorized(self.told)
