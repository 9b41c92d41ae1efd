"""The state that all random episodes of one run share: the target, the request budget and the findings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NoReturn

from workerkit.contracts.gate.gate import RunEndedError, WithheldError
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import error_text, phrase
from workerkit.openapi.spec.api import worker_api

# The maximum number of pages of a whole list, for a target on this machine. For other targets it is 1,
# because every episode reads the whole list several times.
_MAX_LOCAL_PAGES = 3
_STATUSES = "|".join(lenient_spec.enum_values("TaskStatus"))
# Two flaws have the same cause if they differ only in ids, numbers and statuses.
_VARYING_PARTS = re.compile(rf"[0-9a-fA-F]{{8}}-[0-9a-fA-F-]{{27}}|\d+|{_STATUSES}")
_COMPARED_FIELDS = ("id", "status", "link_profile", "link_post")
# The rule, and the flaw without its varying parts.
Cause = tuple[str, str]


class MismatchError(WorkerkitError):
    """The answer of the target is not the answer of the model."""


class ExplorationOverError(BaseException):
    """No more episodes can run: the run is over, the request budget is used up, or there is no model."""


class Exploration:
    """The state that all random episodes of one run share.

    findings: for each cause the finding with the fewest exchanges.
    current_cause: the cause of the episode that is being shortened, or None. Only this cause raises
        MismatchError.
    give_up_reason: the reason why there is no model, or an empty text.
    other_key: the API key of the other server, or None.
    is_alone: False for a target on another machine, because somebody else may change its tasks. Also False
        after two lists that differ although the run wrote nothing between them, and after a write without an
        answer.
    order: the value of the silence `list-order`, or None if it is unknown.
    dialect: the dialect of the target, as far as it is known.
    """

    def __init__(self, context: RunContext, max_requests: int) -> None:
        self.findings: dict[Cause, Finding] = {}
        self.current_cause: Cause | None = None
        self.give_up_reason = ""
        self._ignored_causes: frozenset[Cause] = frozenset()
        self._context = context
        self._requests_left = max_requests
        self._last_number = 0
        self.other_key = context.target.other_api_key
        self.is_alone = context.target.is_loopback
        self._max_pages = _MAX_LOCAL_PAGES if context.target.is_loopback else 1
        self._tasks_since_last_write: dict[str | None, list[tuple[Any, ...]]] = {}
        self.order = context.ledger.known_value("list-order")
        self.dialect = context.ledger.dialect()

    @property
    def last_exchange(self) -> Exchange:
        """The last exchange of all episodes."""
        return self._last_exchange

    def known_value(self, silence: str) -> str | None:
        """The value of a silence, or None if it is unknown."""
        return self._context.ledger.known_value(silence)

    def mark_kept(self, rule: str) -> None:
        """Notes that a check of the rule found no flaw."""
        self._context.ledger.mark_kept(rule)

    def next_number(self) -> int:
        """A number that no episode has used before."""
        self._last_number += 1
        return self._last_number

    def new_fake_id(self) -> str:
        """A new id that no task has."""
        return self._context.new_fake_id()

    def changeable_task_ids(self, own: list[Task]) -> list[str]:
        """The ids of the tasks that an episode may change: a few, with different statuses.

        The same list always gives the same ids.
        """
        chosen: list[str] = []
        allowed = [] if self._context.writes is Writes.NONE else self._context.changeable(own)
        for status in _changed_statuses():
            ids = (str(task["id"]) for task in allowed if task["status"] == status)
            chosen += [task_id for task_id in ids if task_id not in chosen][:1]
        return chosen

    def foreign_task_ids(self, other: list[Task]) -> list[str]:
        """One id of a task of the other API key. Empty if the run may not send writes with such an id."""
        allowed = [] if self._context.writes is Writes.NONE else self._context.changeable(other)
        return [str(task["id"]) for task in allowed[:1]]

    @property
    def highest_limit(self) -> int:
        """The highest `limit` that the server accepts, as far as the run knows."""
        return self._context.highest_limit

    def send(self, method: str, path: str, body: object) -> Exchange:
        """Sends a write with the run's API key. Raises ExplorationOverError and LeftOutError."""
        self._use_request()
        self._tasks_since_last_write.clear()
        try:
            self._last_exchange = self._context.client.send(method, path, body)
        except (RunEndedError, WithheldError):
            raise ExplorationOverError from None
        except LeftOutError as error:
            self.is_alone = False
            if error.may_act_later:
                self.give_up(phrase("{error}, so the server may still act on it", error=error_text(error)))
            raise
        return self._last_exchange

    def get_tasks(self, query: dict[str, str | int], key: str | None = None) -> Exchange:
        """Sends GET /tasks, with the run's API key by default. Raises ExplorationOverError."""
        self._use_request()
        try:
            self._last_exchange = self._context.client.get_tasks_with(query, key)
        except (RunEndedError, WithheldError):
            raise ExplorationOverError from None
        except LeftOutError as error:
            self.give_up(error_text(error))
        return self._last_exchange

    def all_tasks(self, key: str | None) -> list[Task]:
        """Lists all tasks of a server: the server of `key`, or the run's own server for None.

        Raises ExplorationOverError, also if the list has too many pages.
        """
        all_statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
        limit = self.highest_limit
        tasks: list[Task] = []
        for page in range(1, self._max_pages + 1):
            exchange = self.get_tasks({"status": all_statuses, "limit": limit, "page": page}, key)
            tasks += tasks_in(exchange)
            if not exchange.accepted:
                self.give_up(phrase("the list was answered {status}", status=exchange.status))
            if len(tasks) >= total_in(exchange) or not tasks_in(exchange):
                self._notice_changes_by_others(key, tasks)
                return tasks
        self.give_up(phrase("{total_in} tasks are too many for a model", total_in=total_in(exchange)))

    def record_mismatch(self, rule: str, flaw: str, exchanges: Iterable[Exchange]) -> None:
        """Adds a finding.

        Raises MismatchError if the cause is the current cause. The first cause that is not ignored becomes
        the current cause.
        """
        cause = (rule, _VARYING_PARTS.sub("", flaw))
        finding = Finding(rule, flaw, tuple(exchanges))
        known_finding = self.findings.get(cause)
        if known_finding is None or len(finding.exchanges) <= len(known_finding.exchanges):
            self.findings[cause] = finding
        if cause not in self._ignored_causes:
            self.current_cause = self.current_cause or cause
        if cause == self.current_cause:
            raise MismatchError(rule, flaw)

    def ignore_found_causes(self) -> bool:
        """Ignores all causes found until now, so that the next episodes find other causes.

        Returns False if all these causes were ignored already.
        """
        is_new = bool(self.findings.keys() - self._ignored_causes)
        self._ignored_causes, self.current_cause = frozenset(self.findings), None
        return is_new

    def give_up(self, why: str) -> NoReturn:
        """Ends all episodes. Raises ExplorationOverError."""
        self.give_up_reason = why
        raise ExplorationOverError

    def _notice_changes_by_others(self, key: str | None, tasks: list[Task]) -> None:
        compared = [tuple(task.get(name) for name in _COMPARED_FIELDS) for task in tasks]
        if self._tasks_since_last_write.setdefault(key, compared) != compared:
            self.is_alone = False
        self._tasks_since_last_write[key] = compared

    def _use_request(self) -> None:
        if self._requests_left <= 0:
            raise ExplorationOverError
        self._requests_left -= 1


@cache
def _changed_statuses() -> tuple[str, ...]:
    """The statuses of the tasks that an episode may change, one entry for each task.

    With the flow of the API page: pending, pending, queued, running, failed, completed.
    """
    flow = worker_api().flow
    with_next = [status for status in flow if flow[status]]
    without_next = [status for status in flow if not flow[status]]
    return (*with_next[:1], *with_next, *without_next[:1])
