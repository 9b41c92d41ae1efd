"""The fault `handed-over`: assigns a listed task to another server."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults.mislead.handed_over import HandedOver


class HandedOverAction(FaultAction[HandedOver]):
    """Assigns a task of the page, or the task after the page, to another server.

    Does nothing if there is no such task or no other server.
    """

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def list_and_reassign(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            task, other = self._task(server, call, page), self._other_server(server)
            if task is not None and other is not None:
                world.reassign(task, other, by=f"the fault {self.fault.kind}")
                self.record(f"task {task.id} to {other.name}")
            return page

        return list_and_reassign

    def _other_server(self, server: Server) -> Server | None:
        name = self.fault.to
        others = [other for other in self.world.servers.values() if other is not server]
        return next((other for other in others if name in (None, other.name)), None)

    def _task(self, server: Server, call: Call, page: Json) -> Task | None:
        listed = page["data"]
        if not listed:
            return None
        if self.fault.which == "next":
            return self._task_after(server, call, listed[-1]["id"])
        return self.world.task(listed[0 if self.fault.which == "first" else -1]["id"])

    def _task_after(self, server: Server, call: Call, last_id: str) -> Task | None:
        parameters, place = call.parameters, self.world.task(last_id).place
        following = self.world.backlog(server).after(
            parameters["status"], parameters["service_type"], place=place, limit=1
        )
        return following[0] if following else None
