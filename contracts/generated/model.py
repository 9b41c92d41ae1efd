"""The model: the kit's own world, filled with what a target lists, that says what each answer has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task
from workerkit.mockserver.world import entities
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.task_list import list_tasks
from workerkit.mockserver.world.world import World
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect, dialect_of

OWN, OTHER = "own", "other"


class CannotModelError(WorkerkitError, ValueError):
    """A target's tasks cannot be those of a world; the text says why."""


class Model:
    """A world with the tasks that a target listed: `own` to the server of the run, `other` to another.

    It goes the dialect's way, and takes every step of a task: which of them a target takes it has to be told.
    Tasks keep the order in which they were listed. Raises CannotModel.
    """

    def __init__(self, dialect: Dialect, own: Sequence[Task], other: Sequence[Task]) -> None:
        # Which steps against the flow are taken, the target says each time.
        lenient = dialect_of({**dialect, "transitions": "lenient"})
        self._world = World("model", Clock(0.0, timer=lambda: 0.0), Chance(), worker_api(lenient))
        for name, tasks in ((OWN, own), (OTHER, other)):
            self._world.add_server(name, self._world.api.active_statuses[0], [name])
            for task in tasks:
                self._take(name, task)

    @property
    def flow(self) -> Mapping[str, frozenset[str]]:
        """Which status may follow which, by the page."""
        return self._world.api.flow

    def task(self, task_id: str) -> Task:
        """A task as it has to be listed. Raises NotFound."""
        return self._world.task(task_id).listed()

    def ids(self, server: str) -> set[str]:
        """The ids of the tasks of `own` or `other`."""
        return {task.id for task in self._world.tasks.values() if task.server == server}

    def has_retries(self, task_id: str) -> bool:
        """Whether a failed task may go back to pending."""
        return self._world.task(task_id).has_retries

    def update(self, task_id: str, fields: Mapping[str, str]) -> None:
        """Changes a task as an update that was taken does."""
        self._world.update_task(self._world.task(task_id), dict(fields))

    def page(self, query: Mapping[str, str | int]) -> dict[str, Any]:
        """The page of the own tasks that a list with this query has to be."""
        call = self._world.api.operations["listTasks"].read({}, urlencode(query), b"")
        return list_tasks(self._world, self._world.server(OWN), call)

    def _take(self, server: str, listed: Task) -> None:
        for name in ("id", "request_id"):
            _check_id(name, listed.get(name))
        if listed["id"] in self._world.tasks:
            raise CannotModelError(f"task {listed['id']} is listed twice")
        if listed.get("status") not in lenient_spec.enumeration("TaskStatus"):
            raise CannotModelError(f"task {listed['id']} has the status {listed.get('status')}")
        self._world.add_task(self._as_task(server, listed))

    def _as_task(self, server: str, listed: Task) -> entities.Task:
        request_id = str(listed["request_id"])
        request = self._world.requests.get(request_id) or self._world.add_request(
            entities.CustomerRequest(request_id, "", "", "", 0, "")
        )
        return entities.Task(
            id=listed["id"],
            place=len(self._world.tasks) + 1,
            server=server,
            request=request,
            account=entities.Account("", "", "", "", "", ""),
            service_type=str(listed.get("service_type")),
            site_id="",
            site_name="",
            created_at=0.0,
            status=listed["status"],
            retry_count=_count(listed.get("retry_count"), 0),
            max_retries=_count(listed.get("max_retries"), 0),
            link_profile=str(listed.get("link_profile") or ""),
            link_post=str(listed.get("link_post") or ""),
        )


def _check_id(name: str, value: Any) -> None:
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise CannotModelError(f"a task has the {name} {value}, which is no UUID") from None


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
