"""What can happen to the world of a scenario: one effect a file, and the register of all."""

from workerkit.scenarios.model.effects.add_fault import AddFault
from workerkit.scenarios.model.effects.add_tasks import AddTasks
from workerkit.scenarios.model.effects.advance_clock import AdvanceClock
from workerkit.scenarios.model.effects.cancel_tasks import CANCELED, CancelTasks
from workerkit.scenarios.model.effects.change_tasks import ChangeTasks
from workerkit.scenarios.model.effects.clear_faults import ClearFaults
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.reassign_tasks import ReassignTasks
from workerkit.scenarios.model.effects.remove_tasks import RemoveTasks
from workerkit.scenarios.model.effects.replace_key import ReplaceKey
from workerkit.scenarios.model.effects.respond import NO_BODY, Respond
from workerkit.scenarios.model.effects.restore_key import RestoreKey
from workerkit.scenarios.model.effects.revoke_key import RevokeKey
from workerkit.scenarios.model.effects.set_account import SetAccount
from workerkit.scenarios.model.effects.set_request import SetRequest
from workerkit.scenarios.model.effects.set_server import SetServer

EFFECTS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        Respond,
        AddFault,
        ClearFaults,
        RevokeKey,
        RestoreKey,
        ReplaceKey,
        SetServer,
        ChangeTasks,
        CancelTasks,
        ReassignTasks,
        AddTasks,
        RemoveTasks,
        SetRequest,
        SetAccount,
        AdvanceClock,
    )
}

__all__ = [
    "CANCELED",
    "EFFECTS",
    "NO_BODY",
    "AddFault",
    "AddTasks",
    "AdvanceClock",
    "CancelTasks",
    "ChangeTasks",
    "ClearFaults",
    "Effect",
    "ReassignTasks",
    "RemoveTasks",
    "ReplaceKey",
    "Respond",
    "RestoreKey",
    "RevokeKey",
    "SetAccount",
    "SetRequest",
    "SetServer",
]
