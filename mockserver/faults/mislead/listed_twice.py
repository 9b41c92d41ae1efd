"""Lists a task twice."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import ListedTwice


class ListedTwiceAction(FaultAction[ListedTwice]):
    """The cursor of a page that ends sooner is moved with its end, so that no task is left out."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def doubled(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            tasks = page["data"]
            if not tasks:
                return page
            self.record(f"task {tasks[0]['id']}")
            if len(tasks) < page["limit"]:
                return {**page, "data": [*tasks, tasks[0]]}
            return _sooner_ended(page)

        return doubled


def _sooner_ended(page: Json) -> Json:
    tasks = page["data"]
    left = tasks[: max(1, len(tasks) - 1)]
    return {**page, "data": [*left, tasks[0]], "next_cursor": left[-1]["id"]}
