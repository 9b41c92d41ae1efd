"""The Locust user that behaves as a careful worker of one tool server."""

from __future__ import annotations

from typing import ClassVar

from locust import User, constant_pacing, task
from locust.env import Environment
from locust.exception import StopUser

from workerkit.contracts.fleet import locust_events
from workerkit.contracts.fleet.fleet_server import FleetServer
from workerkit.contracts.fleet.locust_process import process_of
from workerkit.contracts.fleet.simulated_server import WorkStyle

__all__ = ["WorkerUser", "locust_events"]

_EVERY_FIVE_SECONDS = constant_pacing(5)


class WorkerUser(User):
    """A simulated tool server. Make a subclass of it in a locustfile: `class Worker(WorkerUser): ...`

    Each user takes the API key of one server and works as a careful worker does: it sends heartbeats, reads
    the list page by page, starts tasks, reports results and sends logs. Each answer is checked by the rules
    of the API page. A broken rule, a refusal and a missing answer are failures of Locust.

    wait_time: the time between rounds of work, as in Locust: `constant_pacing(1)`. A round has 7 requests.
    heartbeat: the time between two heartbeats, in seconds. It cannot be shorter than a round.
    tasks_at_once: how many tasks are done in one round.
    page_size: the `limit` of the pages when all tasks are read.
    """

    abstract = True
    heartbeat: ClassVar[float] = 30.0
    tasks_at_once: ClassVar[int] = 4
    page_size: ClassVar[int] = 100

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._server: FleetServer | None = None

    def wait_time(self) -> float:
        """The seconds until the next round of work, for a round every five seconds."""
        return float(_EVERY_FIVE_SECONDS(self))

    def on_start(self) -> None:
        """Takes the next server. A user without a server stops."""
        style = WorkStyle(self.heartbeat, self.tasks_at_once, self.page_size)
        self._server = process_of(self.environment).take_server(self, style)
        if self._server is None or not self._server.begin():
            raise StopUser

    @task
    def do_round(self) -> None:
        """Does one round of work."""
        if self._server is None or not self._server.do_round():
            raise StopUser

    def on_stop(self) -> None:
        """Compares the tasks of the server with what was confirmed."""
        if self._server is not None:
            self._server.end()
