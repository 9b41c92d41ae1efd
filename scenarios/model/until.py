"""The condition that ends a scenario."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.kinds import ANY, HappeningName, OneOf, OperationNames, Positive, Seconds
from workerkit.scenarios.model.heartbeat import longest_pause

_HEARTBEAT = "heartbeat"
_POLLING = (_HEARTBEAT, "listTasks")
_NOT_ABOUT_TASKS = (*_POLLING, "sendLogs")
# In seconds. The rule heartbeat-regular subtracts up to 2 seconds from a pause between two heartbeats.
_SUBTRACTED = 2.5
_DEFAULT_QUIET = 0.5
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class EnoughCalls:
    """A number of requests that have to arrive.

    number: the number of requests.
    of: the operations whose requests count; `any` is all. Several operations are counted together.
    """

    number: Positive
    of: OperationNames = (ANY,)

    def reached(self, calls: Mapping[str, int]) -> bool:
        """Whether enough requests arrived.

        calls: the number of requests for each operation. The key `any` has the number of all requests.
        """
        return sum(calls.get(operation, 0) for operation in self.of) >= self.number


@dataclass(frozen=True, slots=True)
class Until:
    """The scenario ends when all of these conditions hold. `happening`, `calls` and `time` are checked only
    if they are given.

    tasks: all tasks of the worker's server are completed, failed or canceled. This is also checked if
        `tasks`, `happening`, `calls` and `time` are all left out.
    happening: the happening of this name has taken place.
    calls: this number of requests has arrived.
    time: this time has passed since the happening; without `happening`, since the worker's first request.
    quiet: for this time the worker has sent only heartbeats and requests for task lists. Some workers send
        these two forever. Default: 0 seconds if `time` is given, otherwise 0.5 seconds.
    heartbeats: so much time has passed since the worker's last request about a task, and since its last
        heartbeat that failed, that the rule heartbeat-regular sees a missing heartbeat. This condition always
        holds if the worker's heartbeat interval was not stated.
    """

    tasks: Annotated[str, OneOf(("ended",))] | None = None
    happening: HappeningName | None = None
    calls: EnoughCalls | None = None
    time: Seconds | None = None
    quiet: Seconds | None = None
    heartbeats: Annotated[str, OneOf(("judged",))] | None = None

    @property
    def waits_for_tasks(self) -> bool:
        """Whether all tasks of the worker's server have to end first."""
        return self.tasks is not None or (self.happening is None and self.calls is None and self.time is None)

    def holds(
        self,
        *,
        statuses: Collection[str],
        exchanges: Sequence[Exchange],
        now: float,
        happened: Mapping[str, float] = _EMPTY,
        calls: Mapping[str, int] = _EMPTY,
        heartbeat_interval: float | None = None,
    ) -> bool:
        """Whether the scenario ends now. All times are in seconds since 1970, on the world's clock.

        statuses: the statuses of the tasks of the worker's server.
        exchanges: the exchanges so far, in the order of their requests.
        now: the time now.
        happened: the first time of each happening that has a name and took place.
        calls: the number of requests for each operation. The key `any` has the number of all requests.
        heartbeat_interval: the worker's own interval, in seconds. None if it was not stated.
        """
        since = self._since(exchanges, happened)
        if since is None or now - since < (self.time or 0):
            return False
        if self.waits_for_tasks and not set(statuses).issubset(worker_api().statuses_in("ended")):
            return False
        if self.calls is not None and not self.calls.reached(calls):
            return False
        if now - _last_work(exchanges) < self.heartbeat_seconds(heartbeat_interval):
            return False
        return now - _last_news(exchanges) >= self.quiet_seconds

    @property
    def quiet_seconds(self) -> float:
        """For how many seconds the worker has to be quiet at the end."""
        return self.quiet if self.quiet is not None else _DEFAULT_QUIET if self.time is None else 0.0

    def heartbeat_seconds(self, interval: float | None) -> float:
        """How long the scenario goes on at the end, in seconds, so that heartbeats can be judged.

        interval: the worker's own interval, in seconds. None if it was not stated.
        """
        if self.heartbeats is None or interval is None:
            return 0.0
        return longest_pause(interval) + _SUBTRACTED

    def _since(self, exchanges: Sequence[Exchange], happened: Mapping[str, float]) -> float | None:
        if not exchanges:
            return None
        return exchanges[0].began if self.happening is None else happened.get(self.happening)


def _last_news(exchanges: Sequence[Exchange]) -> float:
    news = (exchange.ended for exchange in reversed(exchanges) if exchange.operation not in _POLLING)
    return next(news, exchanges[0].began)


def _last_work(exchanges: Sequence[Exchange]) -> float:
    """Returns when the last request about a task, or the last heartbeat that failed, ended."""
    work = (
        exchange.ended
        for exchange in reversed(exchanges)
        if exchange.operation not in _NOT_ABOUT_TASKS
        or (exchange.operation == _HEARTBEAT and not exchange.accepted)
    )
    return next(work, exchanges[0].began)
