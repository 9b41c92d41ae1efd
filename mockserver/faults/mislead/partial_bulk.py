"""The fault `partial-bulk`: a bulk update fails after some of its items."""

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
from workerkit.scenarios.faults.mislead.partial_bulk import PartialBulk


class PartialBulkAction(FaultAction[PartialBulk]):
    """Applies only the first `applied` items of a batch.

    Does nothing if the batch has at most `applied` items.
    """

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def apply_first_items(world: World, server: Server, call: Call) -> Json:
            items = call.body["items"]
            if len(items) <= self.fault.applied:
                return handler(world, server, call)
            handler(world, server, replace(call, body={**call.body, "items": items[: self.fault.applied]}))
            self.record(f"stopped after {self.fault.applied} of {len(items)} items")
            raise FaultAnswerError(self.journal_text, 500)

        return apply_first_items

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        if self.journal_text and self.fault.then == "lost":
            await delivery.connection.reset()
        else:
            await deliver_next(answer, delivery)
