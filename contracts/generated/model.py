"""The model: the state of a mock server in memory, with the tasks of the target.

The target must answer as the model does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task
from workerkit.mockserver.world import entities
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.task_list import list_tasks
from workerkit.mockserver.world.world import World
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect, dialect_of

OWN, OTHER = "own", "other"


class CannotModelError(WorkerkitError, ValueError):
    """The mock cannot store the tasks that the target lists, so there is no model. The message says why."""


class Model:
    """A world of the mock with the tasks of two servers.

    The server `own` has the tasks that the target lists for the run's API key. The server `other` has the
    tasks that the target lists for the other API key. The tasks keep the order of the lists.
    The model accepts every status transition. The caller applies only the updates that the target accepted.
    Raises CannotModelError.
    """

    def __init__(self, dialect: Dialect, own: Sequence[Task], other: Sequence[Task]) -> None:
        lenient_dialect = dialect_of({**dialect, "transitions": "lenient"})
        self._world = World(
            "model", Clock(0.0, timer=lambda: 0.0), SeededRandom(), worker_api(lenient_dialect)
        )
        for server, tasks in ((OWN, own), (OTHER, other)):
            self._world.add_server(server, self._world.api.active_statuses[0], [server])
            for task in tasks:
                self._add_listed_task(server, task)

    @property
    def flow(self) -> Mapping[str, frozenset[str]]:
        """The status flow of the API page: a mapping from each status to the next possible statuses."""
        return self._world.api.flow

    def task(self, task_id: str) -> Task:
        """The task in the form in which the target must list it. Raises NotFoundError."""
        return self._world.task(task_id).list_item()

    def task_ids(self, server: str) -> set[str]:
        """The ids of the tasks of a server: OWN or OTHER."""
        return {task.id for task in self._world.tasks.values() if task.server == server}

    def has_retries(self, task_id: str) -> bool:
        """True if a failed task may go back to pending."""
        return self._world.task(task_id).has_retries

    def update(self, task_id: str, fields: Mapping[str, str]) -> None:
        """Applies an update that the target accepted."""
        self._world.update_task(self._world.task(task_id), dict(fields))

    def expected_page(self, query: Mapping[str, str | int]) -> dict[str, Any]:
        """The answer that GET /tasks with this query must have for the server OWN."""
        call = self._world.api.operations["listTasks"].parse_request({}, urlencode(query), b"")
        return list_tasks(self._world, self._world.server(OWN), call)

    def _add_listed_task(self, server: str, listed: Task) -> None:
        for name in ("id", "request_id"):
            _check_uuid(name, listed.get(name))
        if listed["id"] in self._world.tasks:
            raise CannotModelError(f"the lists have the task {listed['id']} twice")
        if listed.get("status") not in lenient_spec.enum_values("TaskStatus"):
            raise CannotModelError(f"the task {listed['id']} has the unknown status {listed.get('status')}")
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
            retry_count=_integer_or_zero(listed.get("retry_count")),
            max_retries=_integer_or_zero(listed.get("max_retries")),
            link_profile=str(listed.get("link_profile") or ""),
            link_post=str(listed.get("link_post") or ""),
        )


def _check_uuid(name: str, value: Any) -> None:
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise CannotModelError(f"a task has the {name} {value}, which is not a UUID") from None


def _integer_or_zero(value: Any) -> int:
    return value if isinstance(value, int) else 0
