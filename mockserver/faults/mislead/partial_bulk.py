"""Stops a bulk update."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import Deed, Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Line
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Act, Json
from workerkit.mockserver.world.refusal import Disturbed
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import PartialBulk


class PartialBulkDeed(Deed[PartialBulk]):
    """A batch that is not longer than what is applied is let through."""

    certain: ClassVar[bool] = False

    def acting(self, act: Act) -> Act:
        def stopped(world: World, server: Server, call: Call) -> Json:
            items = call.body["items"]
            if len(items) <= self.fault.applied:
                return act(world, server, call)
            act(world, server, replace(call, body={**call.body, "items": items[: self.fault.applied]}))
            self.tell(f"stopped after {self.fault.applied} of {len(items)} items")
            raise Disturbed(self.told, 500)

        return stopped

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        if self.told and self.fault.then == "lost":
            await line.wire.reset()
        else:
            await onward(answer, line)
