"""Answers without applying."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.dry_run import stage
from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import Unapplied


class UnappliedAction(FaultAction[Unapplied]):
    """The act is done on a stage."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def pretended(world: World, server: Server, call: Call) -> Json:
            self.record()
            return handler(*stage(world, server, call), call)

        return pretended
