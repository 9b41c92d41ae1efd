"""The fault `skewed-time`: the answer contains a wrong server time."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.clock import LATEST
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults.mislead.skewed_time import SkewedTime


class SkewedTimeAction(FaultAction[SkewedTime]):
    """Changes only the time in the answer, not the clock of the world."""

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def answer_with_wrong_time(world: World, server: Server, call: Call) -> Json:
            answer = handler(world, server, call)
            offset = self.fault.by if self.fault.direction == "ahead" else -self.fault.by
            at = min(max(world.clock.now() + offset, 0.0), LATEST)
            self.record(f"{offset:+g} s")
            return {**answer, "data": {**answer["data"], "server_time": world.write(at)}}

        return answer_with_wrong_time
