"""The model: the kit's own world, filled with what a target lists, that says what each answer has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workerkit.contracts import leeway
from workerkit.contracts.target import BASE_PATH
from workerkit.contracts.walk import Task
from workerkit.mockserver import entities
from workerkit.mockserver.chance import Chance
from workerkit.mockserver.clock import Clock
from workerkit.mockserver.director import Director
from workerkit.mockserver.header_set import header_set
from workerkit.mockserver.incoming import Incoming
from workerkit.mockserver.worker_app import WorkerApp
from workerkit.mockserver.world import World
from workerkit.mockserver.worlds import DEFAULT, Worlds
from workerkit.openapi.api import worker_api
from workerkit.openapi.dialect import Dialect
from workerkit.openapi.jsontext import parse, render

OWN, OTHER = "own", "other"


class CannotModel(ValueError):
    """A target's tasks cannot be those of a world; the text says why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model answers: a status and its JSON."""

    status: int
    body: Any

    @property
    def accepted(self) -> bool:
        """True where the status is 2xx."""
        return 200 <= self.status < 300


class Model:
    """A world with the tasks that a target listed: `own` to the server of the run, `other` to another.

    It goes the dialect's way, and takes every step of a task: which of them a target takes it has to be told.
    Tasks keep the order in which they were listed. Raises CannotModel.
    """

    def __init__(self, dialect: Dialect, own: Sequence[Task], other: Sequence[Task]) -> None:
        self._world = World(DEFAULT, Clock(0.0, timer=lambda: 0.0), Chance(), worker_api(dialect))
        for name, tasks in ((OWN, own), (OTHER, other)):
            self._world.add_server(name, self._world.api.active_statuses[0], [name])
            for task in tasks:
                self._take(name, task)
        worlds = Worlds()
        worlds.add(DEFAULT, lambda _: Director(self._world))
        self._app = WorkerApp(worlds)

    @property
    def flow(self) -> Mapping[str, frozenset[str]]:
        """Which status may follow which, by the page."""
        return self._world.api.flow

    def task(self, task_id: str) -> Task:
        """A task as it has to be listed. Raises NotFound."""
        return self._world.listed(self._world.task(task_id))

    def tasks(self, server: str) -> list[Task]:
        """The tasks of `own` or `other` as they have to be listed, in their order."""
        mine = (each for each in self._world.tasks.values() if each.server == server)
        return [self._world.listed(each) for each in sorted(mine, key=lambda each: each.place)]

    def has_retries(self, task_id: str) -> bool:
        """Whether a failed task may go back to pending."""
        return self._world.task(task_id).has_retries

    def answer(self, method: str, path: str, *, query: str = "", body: Any = None) -> Expected:
        """What the request of the run's own server has to be answered; writes are done to the model."""
        content = b"" if body is None else render(body)
        headers = header_set([(b"x-api-key", OWN.encode()), (b"content-type", b"application/json")])
        answer = self._app.answer(Incoming(method, BASE_PATH + path, query, headers, content, oversize=False))
        return Expected(answer.status, parse(answer.body))

    def _take(self, server: str, listed: Task) -> None:
        for name in ("id", "request_id"):
            _check_id(name, listed.get(name))
        if listed["id"] in self._world.tasks:
            raise CannotModel(f"task {listed['id']} is listed twice")
        if listed.get("status") not in leeway.enumeration("TaskStatus"):
            raise CannotModel(f"task {listed['id']} has the status {listed.get('status')}")
        self._world.add_task(self._as_task(server, listed))

    def _as_task(self, server: str, listed: Task) -> entities.Task:
        request_id = str(listed["request_id"])
        request = self._world.requests.get(request_id) or self._world.add_request(
            entities.Request(request_id, "", "", "", 0, "")
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
        raise CannotModel(f"a task has the {name} {value}, which is no UUID") from None


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
