"""The condition that ends a scenario."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.kinds import ANY, HappeningName, OneOf, OperationNames, Positive, Seconds

_POLLING = ("heartbeat", "listTasks")
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
    """

    tasks: Annotated[str, OneOf(("ended",))] | None = None
    happening: HappeningName | None = None
    calls: EnoughCalls | None = None
    time: Seconds | None = None
    quiet: Seconds | None = None

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
    ) -> bool:
        """Whether the scenario ends now. All times are in seconds since 1970, on the world's clock.

        statuses: the statuses of the tasks of the worker's server.
        exchanges: the exchanges so far, in the order of their requests.
        now: the time now.
        happened: the first time of each happening that has a name and took place.
        calls: the number of requests for each operation. The key `any` has the number of all requests.
        """
        since = self._since(exchanges, happened)
        if since is None or now - since < (self.time or 0):
            return False
        if self.waits_for_tasks and not set(statuses).issubset(worker_api().statuses_in("ended")):
            return False
        if self.calls is not None and not self.calls.reached(calls):
            return False
        return now - _last_news(exchanges) >= self.quiet_seconds

    @property
    def quiet_seconds(self) -> float:
        """For how many seconds the worker has to be quiet at the end."""
        return self.quiet if self.quiet is not None else _DEFAULT_QUIET if self.time is None else 0.0

    def _since(self, exchanges: Sequence[Exchange], happened: Mapping[str, float]) -> float | None:
        if not exchanges:
            return None
        return exchanges[0].began if self.happening is None else happened.get(self.happening)


def _last_news(exchanges: Sequence[Exchange]) -> float:
    news = (exchange.ended for exchange in reversed(exchanges) if exchange.operation not in _POLLING)
    return next(news, exchanges[0].began)
