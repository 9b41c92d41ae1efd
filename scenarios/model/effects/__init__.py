"""What can happen to the world of a scenario: one effect a file, and the register of all."""

from workerkit.scenarios.model.effects.advance_clock import AdvanceClock
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault, ClearFaults
from workerkit.scenarios.model.effects.keys import ReplaceKey, RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.respond import NO_BODY, Respond
from workerkit.scenarios.model.effects.states import SetAccount, SetCustomerRequest, SetServer
from workerkit.scenarios.model.effects.tasks import (
    CANCELED,
    AddTasks,
    CancelTasks,
    ChangeTasks,
    ReassignTasks,
    RemoveTasks,
)

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
        SetCustomerRequest,
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
    "SetCustomerRequest",
    "SetServer",
]
