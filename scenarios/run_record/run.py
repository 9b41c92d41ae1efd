"""The record of one run of a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from workerkit.openapi.asked import Asked, asked_in
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.ambiguous_request import ambiguity_of
from workerkit.scenarios.run_record.applied_faults import AppliedFaults
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.request_flaw import first_flaw_of
from workerkit.scenarios.run_record.task_history import TaskHistory
from workerkit.scenarios.run_record.task_page import TaskPage, task_pages
from workerkit.scenarios.run_record.task_report import TaskReport, task_reports
from workerkit.scenarios.run_record.trouble import Trouble, troubles_of

# `failed`: the verdict was certain, and the worker did nothing more. `idle`: it did nothing for a long time.
EndedBy = Literal["until", "exit", "time-limit", "failed", "idle"]
# In seconds. A busy machine may stop a worker for this long.
_LONGEST_STALL = 2.0


@dataclass(frozen=True, slots=True)
class Event:
    """An effect of the scenario that took place.

    time: when it took place, in seconds since 1970.
    kind: the kind of the effect, such as `revoke-key`.
    subject: the thing that the effect changed, such as the name of a server.
    """

    time: float
    kind: str
    subject: str


@dataclass(frozen=True)
class Run:
    """The record of one run of a worker through a scenario. All times are seconds since 1970, on one clock.

    scenario: the scenario.
    exchanges: all exchanges, in the order in which they began.
    tasks: all tasks of the world at the end of the run. They have the fields of the API page, and `server`,
        the name of their server.
    events: the effects of the scenario that took place.
    exit_code: the exit code of the command. Negative if a signal ended it, None if there is no exit code.
    ended_by: what ended the run: the scenario's `until`, the exit of the command, the time limit, or that the
        worker did nothing more.
    server: the name of the worker's server.
    key: the API key of the worker's server.
    api: the API in the dialect of the world.
    changes: all changes of the world since its start, in order.
    applied_faults: the faults that were applied to exchanges.
    recorded_at: when this record was made.
    heartbeat_interval: how often the worker sends heartbeats by its own statement, in seconds. None if this
        was not stated.
    clock_ahead: how far the clock of the world is ahead of the real time, in seconds. The worker has the real
        time.
    leaving: the exchanges after the end of the run, until the worker's processes ended.
    undelivered: the numbers of the exchanges whose answer the worker did not take, because it had closed the
        connection.
    is_complete: False if older exchanges or changes are missing, because the world's memory is limited.
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
    applied_faults: tuple[AppliedFaults, ...] = ()
    recorded_at: float = 0.0
    heartbeat_interval: float | None = None
    clock_ahead: float = 0.0
    undelivered: frozenset[int] = frozenset()
    is_complete: bool = True
    leaving: tuple[Exchange, ...] = ()

    def followed_by(self, exchanges: Sequence[Exchange]) -> Run:
        """Returns the record with the exchanges that began after it was made, as `leaving`.

        exchanges: all exchanges in order, also those of the record.
        """
        last = self.last_number
        return replace(self, leaving=tuple(exchange for exchange in exchanges if exchange.number > last))

    @property
    def last_number(self) -> int:
        """The number of the last exchange, also of those of `leaving`. 0 if there is none."""
        return max((exchange.number for exchange in (*self.exchanges[-1:], *self.leaving[-1:])), default=0)

    @cached_property
    def with_leaving(self) -> Run:
        """The record with the exchanges of `leaving` among its exchanges."""
        if not self.leaving:
            return self
        end = Event(self.recorded_at, "run-over", "")
        exchanges = (*self.exchanges, *self.leaving)
        return replace(self, exchanges=exchanges, events=(*self.events, end), leaving=())

    def since_start(self, time: float) -> str:
        """Returns a time as text for messages, in seconds since the worker's first request: `1.250 s`."""
        return f"{time - self.exchanges[0].began:.3f} s"

    def describe(self, exchange: Exchange) -> str:
        """Returns an exchange as text for messages: `exchange 12 (PUT updateTask at 0.250 s)`."""
        return phrase(
            "exchange {number} ({request} at {time})",
            number=exchange.number,
            request=_request_text(exchange),
            time=self.since_start(exchange.began),
        )

    def describe_with_answer(self, exchange: Exchange, answer: str) -> str:
        """Returns the same with its answer: `exchange 4 (GET listTasks at 0.300 s, answered 401)`."""
        return phrase(
            "exchange {number} ({request} at {time}, {answer})",
            number=exchange.number,
            request=_request_text(exchange),
            time=self.since_start(exchange.began),
            answer=answer,
        )

    def seconds_to_act(self, earlier: float, later: float) -> float:
        """Returns for how many seconds the worker was able to act between two times.

        A busy machine may have stopped the worker for a moment. So the worker's longest pause between
        requests, up to 2 seconds, is subtracted.
        """
        request_times = (exchange.began for exchange in self.own_exchanges)
        moments = (earlier, *(began for began in request_times if earlier < began < later), later)
        longest_pause = max((after - before for before, after in pairwise(moments)), default=0.0)
        return later - earlier - min(longest_pause, _LONGEST_STALL)

    def own_tasks(self) -> tuple[Mapping[str, Any], ...]:
        """Returns the tasks of the worker's server."""
        return tuple(task for task in self.tasks if task["server"] == self.server)

    @property
    def exited_normally(self) -> bool:
        """Whether the worker's process exited by itself with exit code 0."""
        return self.ended_by == "exit" and not self.exit_code

    @cached_property
    def own_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges with the key of the worker's server, and those with a key that no server has."""
        return tuple(exchange for exchange in self.exchanges if exchange.server in (None, self.server))

    @cached_property
    def timed_exchanges(self) -> tuple[Exchange, ...]:
        """The worker's exchanges with a usable time.

        If the clock of the world stands still, several exchanges have the same time. Only the first of them
        is included.
        """
        own = self.own_exchanges
        return (*own[:1], *(exchange for before, exchange in pairwise(own) if exchange.began != before.began))

    @cached_property
    def applied_faults_by_number(self) -> Mapping[int, AppliedFaults]:
        """The applied faults, by the number of their exchange."""
        return {applied.number: applied for applied in self.applied_faults}

    @cached_property
    def asked(self) -> Mapping[int, tuple[Asked, ...]]:
        """What each of the worker's exchanges asked, by the number of the exchange."""
        return {exchange.number: asked_in(exchange, self.api) for exchange in self.own_exchanges}

    @cached_property
    def troubles(self) -> Mapping[int, frozenset[Trouble]]:
        """The troubles that each of the worker's exchanges met, by the number of the exchange."""
        applied = self.applied_faults_by_number
        return {
            exchange.number: troubles_of(
                exchange, applied[exchange.number].faults if exchange.number in applied else ()
            )
            for exchange in self.own_exchanges
        }

    @cached_property
    def reports(self) -> tuple[TaskReport, ...]:
        """All reports of the worker about tasks, in order. An exchange can hold several."""
        return task_reports(self.own_exchanges, self.api, self.unreadable, self.undelivered)

    @cached_property
    def reports_by_task(self) -> Mapping[str, tuple[TaskReport, ...]]:
        """The worker's reports in order, by the id of their task in lower case."""
        reports_by_task: dict[str, list[TaskReport]] = {}
        for report in self.reports:
            reports_by_task.setdefault(report.task, []).append(report)
        return {task: tuple(reports) for task, reports in reports_by_task.items()}

    @cached_property
    def tasks_by_exchange(self) -> Mapping[int, tuple[str, ...]]:
        """The ids of the tasks that the worker reported, by the number of the exchange."""
        tasks_by_exchange: dict[int, list[str]] = {}
        for report in self.reports:
            tasks_by_exchange.setdefault(report.number, []).append(report.task)
        return {number: tuple(tasks) for number, tasks in tasks_by_exchange.items()}

    @cached_property
    def pages(self) -> tuple[TaskPage, ...]:
        """The pages of tasks that the worker could read, in order."""
        return task_pages(self.own_exchanges, self.api, self.unreadable)

    @cached_property
    def pages_by_task(self) -> Mapping[str, tuple[TaskPage, ...]]:
        """The pages that list a task, in order, by the id of the task in lower case."""
        pages_by_task: dict[str, list[TaskPage]] = {}
        for page in self.pages:
            for task in page.tasks:
                pages_by_task.setdefault(task, []).append(page)
        return {task: tuple(pages) for task, pages in pages_by_task.items()}

    def pages_between(self, task: str, earlier: Exchange, later: Exchange) -> list[TaskPage]:
        """Returns the pages that list a task and may have arrived between two requests."""
        return [
            page
            for page in self.pages_by_task.get(task, ())
            if page.exchange.ended >= earlier.began and page.exchange.ended <= later.began
        ]

    @cached_property
    def flaws(self) -> tuple[tuple[Exchange, FlawError], ...]:
        """The requests that the spec does not allow, or that are ambiguous, each with its first flaw."""
        first_flaws = (
            (exchange, first_flaw_of(exchange, self.api) or ambiguity_of(exchange, self.api))
            for exchange in self.own_exchanges
        )
        return tuple((exchange, flaw) for exchange, flaw in first_flaws if flaw is not None)

    @cached_property
    def history(self) -> TaskHistory:
        """The changes of every task."""
        return TaskHistory(self.tasks, self.changes)

    @cached_property
    def unreadable(self) -> frozenset[int]:
        """The numbers of the exchanges without an answer, or with an answer that the worker cannot read."""
        unanswered = {exchange.number for exchange in self.exchanges if exchange.status is None}
        return frozenset(
            unanswered | {applied.number for applied in self.applied_faults if applied.is_unreadable}
        )


def _request_text(exchange: Exchange) -> str:
    if exchange.operation is None:
        return phrase("{method} to an unknown path", method=exchange.method)
    return f"{exchange.method} {exchange.operation}"
