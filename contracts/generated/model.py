"""The model: the state of a mock server in memory, with the tasks of the target.

The target must answer as the model does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task
from workerkit.mockserver.world import entities
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.task_list import list_tasks
from workerkit.mockserver.world.world import World
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats.strict_json import parse, render
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect, dialect_of

OWN, OTHER = "own", "other"


class CannotModelError(WorkerkitError, ValueError):
    """The mock cannot store the tasks that the target lists, so there is no model. The message says why."""


class Model:
    """A world of the mock with the tasks of two servers.

    The server `own` has the tasks that the target lists for the run's API key. The server `other` has the
    tasks that the target lists for the other API key. The tasks keep the order of the lists, and the
    ids are written as in the lists.
    The model accepts every status transition. The caller applies only the updates that the target accepted.
    Raises CannotModelError.
    """

    def __init__(self, dialect: Dialect, own: Sequence[Task], other: Sequence[Task]) -> None:
        lenient_dialect = dialect_of({**dialect, "transitions": "lenient"})
        self._world = World(
            "model", Clock(0.0, timer=lambda: 0.0), SeededRandom(), worker_api(lenient_dialect)
        )
        self._listed_ids: dict[str, str] = {}
        self._handed_out: set[str] = set()
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
        return self._as_listed(self._world.task(task_id).list_item())

    def task_ids(self, server: str) -> set[str]:
        """The ids of the tasks of a server: OWN or OTHER."""
        return {self._listed_ids[task.id] for task in self._world.tasks.values() if task.server == server}

    def has_retries(self, task_id: str) -> bool:
        """True if a failed task may go back to pending."""
        return self._world.task(task_id).has_retries

    def update(self, task_id: str, fields: Mapping[str, str]) -> None:
        """Applies an update that the target accepted."""
        self._world.update_task(self._world.task(task_id), dict(fields))

    def expected_page(self, query: Mapping[str, str | int]) -> dict[str, Any]:
        """The answer that GET /tasks with this query must have for the server OWN.

        If lists hand out tasks, the pending tasks in the answer become queued.
        """
        call = self._world.api.operations["listTasks"].parse_request({}, urlencode(query), b"")
        pending = self._pending_tasks(OWN)
        page = list_tasks(self._world, self._world.server(OWN), call)
        self._note_handed_out(pending)
        ids = [str(task["id"]) for task in parse(render(page["data"]))]
        return {**page, "data": [self.task(task_id) for task_id in ids]}

    def list_all(self, server: str) -> None:
        """Notes that the target listed all tasks of a server: OWN or OTHER."""
        pending = self._pending_tasks(server)
        if self._world.hands_out_tasks:
            self._world.hand_out(pending)
        self._note_handed_out(pending)

    def may_be_pending(self, task_id: str) -> bool:
        """True if the last list changed this task from pending to queued. Then it may still show pending."""
        return task_id in self._handed_out

    def _pending_tasks(self, server: str) -> list[entities.Task]:
        tasks = self._world.tasks.values() if self._world.hands_out_tasks else ()
        return [task for task in tasks if task.server == server and task.status == "pending"]

    def _note_handed_out(self, tasks: Sequence[entities.Task]) -> None:
        self._handed_out = {self._listed_ids[task.id] for task in tasks if task.status == "queued"}

    def _as_listed(self, task: Task) -> Task:
        return {**task, "id": self._listed_ids[str(task["id"])]}

    def _add_listed_task(self, server: str, listed: Task) -> None:
        _check_uuid("id", listed.get("id"))
        if listed.get("request_id") is not None:
            _check_uuid("request_id", listed["request_id"])
        if listed["id"].lower() in self._world.tasks:
            raise CannotModelError(f"the lists have the task {listed['id']} twice")
        if listed.get("status") not in lenient_spec.enum_values("TaskStatus"):
            raise CannotModelError(f"the task {listed['id']} has the unknown status {listed.get('status')}")
        self._listed_ids[listed["id"].lower()] = listed["id"]
        self._world.add_task(self._as_task(server, listed))

    def _as_task(self, server: str, listed: Task) -> entities.Task:
        request_id = str(listed["request_id"])
        request = self._world.requests.get(request_id) or self._world.add_request(
            entities.CustomerRequest(request_id, "", "", "", 0, "")
        )
        return entities.Task(
            id=listed["id"].lower(),
            place=len(self._world.tasks) + 1,
            server=server,
            request=request,
            account=entities.Account("", "", "", "", "", ""),
            service_type=str(listed.get("service_type") or ""),
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
    if not lenient_spec.schema_validator("Uuid").is_valid(value):
        raise CannotModelError(f"a task has the {name} {value}, which is not a UUID")


def _integer_or_zero(value: Any) -> int:
    return value if isinstance(value, int) else 0
