"""The record of one run: all that the judge gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.scenario import Scenario

EndedBy = Literal["until", "exit", "time-limit"]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to the world: the effect's `kind` and `subject`, and the time in seconds since 1970."""

    time: float
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Run:
    """A worker's run through a scenario, from its first request to its last.

    `exchanges` are in the order in which they began; `tasks` are all tasks of the world as they are at the
    end, with the page's fields and "server", the name of their server. `exit_code` is the command's, negative
    for a signal, None where there is no command; `ended_by` says whether it exited by itself. `server` and
    `key` are the worker's own. All times are on one clock, in seconds since 1970.
    """

    scenario: Scenario
    exchanges: tuple[Exchange, ...]
    tasks: tuple[Mapping[str, Any], ...]
    events: tuple[Event, ...]
    exit_code: int | None
    ended_by: EndedBy
    server: str
    key: str

    def since_start(self, time: float) -> str:
        """A time as messages give it: seconds since the worker's first request, as in `1.250 s`."""
        return f"{time - self.exchanges[0].began:.3f} s"

    def own_tasks(self) -> tuple[Mapping[str, Any], ...]:
        """The tasks that belong to the worker's server."""
        return tuple(task for task in self.tasks if task["server"] == self.server)
