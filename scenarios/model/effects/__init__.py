"""Effects: what a scenario can do to the world. EFFECTS has all of them, by their names in scenario files."""

from workerkit.scenarios.model.effects.advance_clock import AdvanceClock
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault, ClearFaults
from workerkit.scenarios.model.effects.keys import ReplaceKey, RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.effects.states import SetAccount, SetCustomerRequest, SetServer
from workerkit.scenarios.model.effects.tasks import (
    AddTasks,
    CancelTasks,
    ChangeTasks,
    ReassignTasks,
    RemoveTasks,
)
from workerkit.scenarios.model.effects.worker_process import KillWorker, StartWorker, StopWorker

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
        StopWorker,
        KillWorker,
        StartWorker,
    )
}

__all__ = ["EFFECTS"]
