"""The record of one run: all that the judge gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.list_seen import ListSeen, lists_seen
from workerkit.scenarios.run_record.request_flaw import flaws_of
from workerkit.scenarios.run_record.server_history import History
from workerkit.scenarios.run_record.struck_faults import AppliedFaults
from workerkit.scenarios.run_record.task_report import TaskReport, task_reports

EndedBy = Literal["until", "exit", "time-limit"]
# For so long a busy machine may keep a worker from all that it wants to do.
_LONGEST_STALL = 2.0


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to the world: the effect's `kind` and `subject`, and the time in seconds since 1970."""

    time: float
    kind: str
    subject: str


@dataclass(frozen=True)
class Run:
    """A worker's run through a scenario, from its first request to its last.

    `exchanges` are in the order in which they began; `tasks` are all tasks of the world as they are at the
    end, with the page's fields and "server", the name of their server. `exit_code` is the command's, negative
    for a signal, None where there is no command; `ended_by` says whether it exited by itself. `server` and
    `key` are the worker's own, `api` is the API in the world's dialect. `changes` are all changes since the
    start, in order, `struck` what faults did to exchanges. `ended` is when it was made, `whole` is False
    where older parts of it are gone. All times are on one clock, in seconds since 1970.
    """

    scenario: Scenario
    exchanges: tuple[Exchange, ...]
    tasks: tuple[Mapping[str, Any], ...]
    events: tuple[Event, ...]
    exit_code: int | None
    ended_by: EndedBy
    server: str
    key: str
    api: Api = field(default_factory=worker_api)
    changes: tuple[Change, ...] = ()
    struck: tuple[AppliedFaults, ...] = ()
    ended: float = 0.0
    whole: bool = True

    def since_start(self, time: float) -> str:
        """A time as messages give it: seconds since the worker's first request, as in `1.250 s`."""
        return f"{time - self.exchanges[0].began:.3f} s"

    def named(self, exchange: Exchange) -> str:
        """An exchange as messages name it: `exchange 12 (PUT updateTask at 0.250 s)`."""
        what = f"{exchange.method} {exchange.operation or 'of no operation'}"
        return f"exchange {exchange.number} ({what} at {self.since_start(exchange.began)})"

    def seconds_to_act(self, earlier: float, later: float) -> float:
        """How long a worker had to act between two times, which may be less than what passed.

        Its longest silence in between, up to two seconds of it, is not counted: a busy machine may have kept
        it from its work.
        """
        own = (each.began for each in self.own_exchanges)
        moments = (earlier, *(began for began in own if earlier < began < later), later)
        silence = max((after - before for before, after in pairwise(moments)), default=0.0)
        return later - earlier - min(silence, _LONGEST_STALL)

    def own_tasks(self) -> tuple[Mapping[str, Any], ...]:
        """The tasks that belong to the worker's server."""
        return tuple(task for task in self.tasks if task["server"] == self.server)

    @property
    def done(self) -> bool:
        """Whether the worker's process ended by itself and found that all was well."""
        return self.ended_by == "exit" and not self.exit_code

    @cached_property
    def own_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges in the worker's name, and those whose key is nobody's."""
        return tuple(exchange for exchange in self.exchanges if exchange.server in (None, self.server))

    @cached_property
    def timed_exchanges(self) -> tuple[Exchange, ...]:
        """The worker's own exchanges, but those for which the clock stood: they say nothing of pauses."""
        own = self.own_exchanges
        return (*own[:1], *(each for before, each in pairwise(own) if each.began != before.began))

    @cached_property
    def applied_faults_by_number(self) -> Mapping[int, AppliedFaults]:
        """What faults did to which exchange."""
        return {each.number: each for each in self.struck}

    @cached_property
    def reports(self) -> tuple[TaskReport, ...]:
        """All that the worker reported of tasks, task by task, in the order in which it did."""
        return task_reports(self.own_exchanges, self.api, self.garbled)

    @cached_property
    def reports_by_task(self) -> Mapping[str, tuple[TaskReport, ...]]:
        """What the worker reported of each task, in order."""
        found: dict[str, list[TaskReport]] = {}
        for report in self.reports:
            found.setdefault(report.task, []).append(report)
        return {task: tuple(reports) for task, reports in found.items()}

    @cached_property
    def tasks_by_exchange(self) -> Mapping[int, tuple[str, ...]]:
        """The tasks that were reported of in each exchange."""
        found: dict[int, list[str]] = {}
        for report in self.reports:
            found.setdefault(report.number, []).append(report.task)
        return {number: tuple(tasks) for number, tasks in found.items()}

    @cached_property
    def listings(self) -> tuple[ListSeen, ...]:
        """The pages of tasks that the worker got and could read."""
        return lists_seen(self.own_exchanges, self.api, self.garbled)

    @cached_property
    def listings_by_task(self) -> Mapping[str, tuple[ListSeen, ...]]:
        """The pages on which each task stood, in order."""
        found: dict[str, list[ListSeen]] = {}
        for listing in self.listings:
            for task in listing.tasks:
                found.setdefault(task, []).append(listing)
        return {task: tuple(listings) for task, listings in found.items()}

    def listed_between(self, task: str, earlier: Exchange, later: Exchange) -> list[ListSeen]:
        """The pages with a task on them that may have come after one request and before another."""
        return [
            listing
            for listing in self.listings_by_task.get(task, ())
            if listing.exchange.ended >= earlier.began and listing.exchange.ended <= later.began
        ]

    @cached_property
    def flaws(self) -> tuple[tuple[Exchange, FlawError], ...]:
        """The requests that the spec does not allow, each with the first thing that is wrong with it."""
        return flaws_of(self.own_exchanges, self.api)

    @cached_property
    def history(self) -> History:
        """What each task was at which time."""
        return History(self.tasks, self.changes)

    @cached_property
    def garbled(self) -> frozenset[int]:
        """The numbers of the exchanges whose answer the worker did not get, or could not read."""
        unanswered = {exchange.number for exchange in self.exchanges if exchange.status is None}
        return frozenset(unanswered | {each.number for each in self.struck if each.garbled})
