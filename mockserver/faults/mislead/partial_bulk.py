"""Stops a bulk update."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import PartialBulk


class PartialBulkAction(FaultAction[PartialBulk]):
    """A batch that is not longer than what is applied is let through."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def stopped(world: World, server: Server, call: Call) -> Json:
            items = call.body["items"]
            if len(items) <= self.fault.applied:
                return handler(world, server, call)
            handler(world, server, replace(call, body={**call.body, "items": items[: self.fault.applied]}))
            self.record(f"stopped after {self.fault.applied} of {len(items)} items")
            raise FaultAnswerError(self.journal_text, 500)

        return stopped

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        if self.journal_text and self.fault.then == "lost":
            await delivery.connection.reset()
        else:
            await onward(answer, delivery)
