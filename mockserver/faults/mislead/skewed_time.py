"""Gives a wrong time."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.clock import LATEST
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import SkewedTime


class SkewedTimeAction(FaultAction[SkewedTime]):
    """Only what the answer says is wrong; the world goes by its own clock."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def skewed(world: World, server: Server, call: Call) -> Json:
            answer = handler(world, server, call)
            off = self.fault.by if self.fault.direction == "ahead" else -self.fault.by
            at = min(max(world.clock.now() + off, 0.0), LATEST)
            self.record(f"{off:+g} s")
            return {**answer, "data": {**answer["data"], "server_time": world.write(at)}}

        return skewed
