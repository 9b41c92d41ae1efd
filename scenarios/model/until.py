"""When a scenario is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import ANY, HappeningName, OneOf, OperationNames, Positive, Seconds

WAITING = ("pending", "queued")
ENDS = ("completed", "failed", "canceled")
_POLLING = ("heartbeat", "listTasks")
_QUIET = 0.5
_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class EnoughCalls:
    """So many requests of an operation, or of several together."""

    number: Positive
    of: OperationNames = (ANY,)

    def came(self, calls: Mapping[str, int]) -> bool:
        """Whether that many came, by how often each operation was called, and any."""
        return sum(calls.get(operation, 0) for operation in self.of) >= self.number


@dataclass(frozen=True, slots=True)
class Until:
    """All that is named has to hold. Where nothing but `quiet` is: all tasks of the worker's server ended.

    `happening` has to have happened, `calls` to have come. `time` has to have passed since the happening or,
    without one, since the worker's first request. At last the worker is `quiet` for so long: heartbeats and
    reads of the list are no news, as a daemon goes on with them for ever. Without `quiet` that is half a
    second, and no time at all where `time` is named.
    """

    tasks: Annotated[str, OneOf(("ended",))] | None = None
    happening: HappeningName | None = None
    calls: EnoughCalls | None = None
    time: Seconds | None = None
    quiet: Seconds | None = None

    @property
    def awaits_tasks(self) -> bool:
        """Whether the tasks have to be at an end."""
        return self.tasks is not None or (self.happening is None and self.calls is None and self.time is None)

    def holds(
        self,
        *,
        statuses: Collection[str],
        exchanges: Sequence[Exchange],
        now: float,
        happened: Mapping[str, float] = _NONE,
        calls: Mapping[str, int] = _NONE,
    ) -> bool:
        """Whether it is over.

        `statuses` are those of the worker's tasks, `exchanges` the newest ones, `happened` says when which
        named happening took place, `calls` how often each operation was called, and `any`. Times are in
        seconds since 1970, on the world's clock.
        """
        since = self._since(exchanges, happened)
        if since is None or now - since < (self.time or 0):
            return False
        if self.awaits_tasks and any(status not in ENDS for status in statuses):
            return False
        if self.calls is not None and not self.calls.came(calls):
            return False
        return now - _last_news(exchanges) >= self.patience

    @property
    def patience(self) -> float:
        """For how many seconds the worker has to be quiet at last."""
        return self.quiet if self.quiet is not None else _QUIET if self.time is None else 0.0

    def _since(self, exchanges: Sequence[Exchange], happened: Mapping[str, float]) -> float | None:
        if not exchanges:
            return None
        return exchanges[0].began if self.happening is None else happened.get(self.happening)


def _last_news(exchanges: Sequence[Exchange]) -> float:
    news = (exchange.ended for exchange in reversed(exchanges) if exchange.operation not in _POLLING)
    return next(news, exchanges[0].began)
