"""What can happen to the world of a scenario: one effect a file, and the register of all."""

from workerkit.scenarios.effects.add_fault import AddFault
from workerkit.scenarios.effects.clear_faults import ClearFaults
from workerkit.scenarios.effects.effect import Effect
from workerkit.scenarios.effects.restore_key import RestoreKey
from workerkit.scenarios.effects.revoke_key import RevokeKey
from workerkit.scenarios.effects.set_server import SetServer

EFFECTS: dict[str, type[Effect]] = {
    effect.kind: effect for effect in (RevokeKey, RestoreKey, SetServer, AddFault, ClearFaults)
}

__all__ = ["EFFECTS", "AddFault", "ClearFaults", "Effect", "RestoreKey", "RevokeKey", "SetServer"]
