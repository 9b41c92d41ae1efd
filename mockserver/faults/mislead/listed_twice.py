"""The fault `listed-twice`: lists a task twice on one page."""

from __future__ import annotations

from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults.mislead.listed_twice import ListedTwice


class ListedTwiceAction(FaultAction[ListedTwice]):
    """Repeats the first task at the end of the page.

    On a full page, the repeated task replaces the last task. Then `next_cursor` is the id of the task before
    the last one, so a client that sends this cursor gets the last task on the next page.
    """

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def list_with_duplicate(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            tasks = page["data"]
            if not tasks:
                return page
            self.record(f"task {tasks[0]['id']}")
            if len(tasks) < page["limit"]:
                return {**page, "data": [*tasks, tasks[0]]}
            return _full_page_with_duplicate(page)

        return list_with_duplicate


def _full_page_with_duplicate(page: Json) -> Json:
    tasks = page["data"]
    kept = tasks[: max(1, len(tasks) - 1)]
    return {**page, "data": [*kept, tasks[0]], "next_cursor": kept[-1]["id"]}
