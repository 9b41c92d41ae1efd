"""The fault `unapplied`: gives the right answer but changes nothing."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.dry_run import copy_for_dry_run
from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults.mislead.unapplied import Unapplied


class UnappliedAction(FaultAction[Unapplied]):
    """Runs the operation on a copy of the world and answers with the result. The world does not change."""

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def run_on_copy(world: World, server: Server, call: Call) -> Json:
            self.record()
            return handler(*copy_for_dry_run(world, server, call), call)

        return run_on_copy
