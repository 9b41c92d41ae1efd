"""Gives a task to another server."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import HandedOver


class HandedOverAction(FaultAction[HandedOver]):
    """Nothing happens where there is no such task, or no other server."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def followed(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            task, to = self._task(server, call, page), self._to(server)
            if task is not None and to is not None:
                world.reassign(task, to, by=f"the fault {self.fault.kind}")
                self.record(f"task {task.id} to {to.name}")
            return page

        return followed

    def _to(self, server: Server) -> Server | None:
        named = self.fault.to
        others = [each for each in self.world.servers.values() if each is not server]
        return next((each for each in others if named in (None, each.name)), None)

    def _task(self, server: Server, call: Call, page: Json) -> Task | None:
        listed = page["data"]
        if not listed:
            return None
        if self.fault.which == "next":
            return self._next(server, call, listed[-1]["id"])
        return self.world.task(listed[0 if self.fault.which == "first" else -1]["id"])

    def _next(self, server: Server, call: Call, last: str) -> Task | None:
        asked, place = call.parameters, self.world.task(last).place
        behind = self.world.backlog(server).after(asked["status"], asked["service_type"], place=place, most=1)
        return behind[0] if behind else None
