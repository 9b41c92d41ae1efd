"""When a scenario is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.kinds import OneOf, Seconds

ENDS = ("completed", "failed", "canceled")
_POLLING = ("heartbeat", "listTasks")


@dataclass(frozen=True, slots=True)
class Until:
    """All tasks of the worker's server at an end, then `quiet` seconds without news from the worker.

    Heartbeats and reads of the list are no news: a daemon goes on with them for ever.
    """

    tasks: Annotated[str, OneOf(("ended",))] = "ended"
    quiet: Seconds = 0.5

    def holds(self, *, statuses: Iterable[str], exchanges: Sequence[Exchange], now: float) -> bool:
        """Whether it is over, by the statuses of the worker's tasks, the exchanges so far and the time."""
        if any(status not in ENDS for status in statuses):
            return False
        return now - _last_news(exchanges) >= self.quiet


def _last_news(exchanges: Sequence[Exchange]) -> float:
    news = (exchange.ended for exchange in reversed(exchanges) if exchange.operation not in _POLLING)
    return next(news, exchanges[0].began if exchanges else float("inf"))
