"""The simulated servers of one process of Locust: of a worker of Locust, or of Locust without a master."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import gevent
from locust import User
from locust.env import Environment
from locust.user.task import LOCUST_STATE_STOPPING

from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.fleet_process import FleetProcess
from workerkit.contracts.fleet.fleet_server import FleetServer
from workerkit.contracts.fleet.process_tally import ProcessTally
from workerkit.contracts.fleet.simulated_server import WorkStyle
from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api


class FlawedAnswerError(WorkerkitError):
    """An answer that Locust counts as a failure. Equal flaws have equal texts."""


class LocustProcess:
    """Gives the users of Locust their servers, and ends the users.

    environment: Locust's environment of this process.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._fleet: FleetProcess | None = None
        self._users: set[User] = set()
        self._ending: gevent.Greenlet[..., None] | None = None
        _processes[environment] = self

    def begin(self, plan: FleetPlan) -> None:
        """Takes a plan. Users that begin from now on simulate its servers."""
        # `time.sleep` may be the one from before Locust replaced it.
        self._fleet = FleetProcess(plan, RunClock(wait=gevent.sleep), self._report_exchange)
        self._users, self._ending = set(), None

    def take_server(self, user: User, style: WorkStyle) -> FleetServer | None:
        """The server that a user simulates. None if there is no further one, or if the run ends."""
        if self._fleet is None or self._ending is not None:
            return None
        self._users.add(user)
        return self._fleet.take_server(style)

    def end(self) -> ProcessTally:
        """Lets all users finish their round and compare their tasks. Returns the sums.

        A second call waits for the first one.
        """
        if self._fleet is None:
            return ProcessTally()
        if self._ending is None:
            self._ending = gevent.spawn(self._end_users, self._fleet)
        self._ending.join()
        return self._fleet.tally

    def _end_users(self, fleet: FleetProcess) -> None:
        greenlets = [user.greenlet for user in self._users if user.greenlet is not None]
        for user in self._users:
            if user._state != LOCUST_STATE_STOPPING:
                # A user in a pause ends at once, another one after its round.
                gevent.spawn(user.stop)
        left = len(greenlets) - len(gevent.joinall(greenlets, timeout=fleet.plan.seconds_to_end))
        if left:
            fleet.tally.ended_early["the server did not come to an end in time"] += left

    def _report_exchange(self, exchange: Exchange, flaw: str | None) -> None:
        self._environment.events.request.fire(
            request_type=exchange.method,
            name=_path(exchange),
            response_time=(exchange.ended - exchange.began) * 1000,
            response_length=len(exchange.answer_body),
            exception=None if flaw is None else FlawedAnswerError(flaw),
            context={},
        )


_processes: WeakKeyDictionary[Environment, LocustProcess] = WeakKeyDictionary()


def process_of(environment: Environment) -> LocustProcess:
    """The simulated servers of this process."""
    return _processes[environment]


def _path(exchange: Exchange) -> str:
    operation = worker_api().operations.get(str(exchange.operation))
    return (exchange.path if operation is None else operation.path).removeprefix(worker_api().base_path)
