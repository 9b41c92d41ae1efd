"""The stage of all plays of a run: the target, how much may still be sent, and what was found so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NoReturn

from workerkit.contracts.gate.gate import RunEndedError, WithheldError
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange

# On this machine; from elsewhere, whole lists of more than a page are too much to ask for again and again.
_MOST_PAGES = 3
_CAST = ("pending", "pending", "queued", "running", "failed", "completed")
_STATUSES = "|".join(lenient_spec.enumeration("TaskStatus"))
_OF_ONE_PLAY = re.compile(rf"[0-9a-f]{{8}}-[0-9a-f-]{{27}}|\d+|{_STATUSES}")
_TELLING = ("id", "status", "link_profile", "link_post")
Cause = tuple[str, str]


class MismatchError(WorkerkitError):
    """The target and the model differ."""


class ExplorationOverError(BaseException):
    """There is no further play: the run is over, its share of requests is spent, or there is no model."""


class Exploration:
    """What plays have in common.

    `most` is how many requests they may send in all; `is_alone` while nobody else seems to change the tasks.
    Of the findings the shortest of each cause is kept; while one is `hunted`, only that raises Mismatch, so
    that what is shrunk stays the same finding.
    """

    def __init__(self, context: RunContext, most: int) -> None:
        self.found: dict[Cause, Finding] = {}
        self.hunted: Cause | None = None
        self.given_up = ""
        self._passed_over: frozenset[Cause] = frozenset()
        self._context = context
        self._left = most
        self._number = 0
        self.other_key = context.target.other_api_key
        self.is_alone = context.target.is_loopback
        self._most_pages = _MOST_PAGES if context.target.is_loopback else 1
        self._shown: dict[str | None, list[tuple[Any, ...]]] = {}
        self.order = context.ledger.habit("list-order")
        self.dialect = context.ledger.dialect()

    @property
    def last(self) -> Exchange:
        """The last exchange."""
        return self._last

    def habit(self, silence: str) -> str | None:
        """The value of a silence as far as it is known."""
        return self._context.ledger.habit(silence)

    def hold(self, rule: str) -> None:
        """Notes that a check of the rule found nothing wrong."""
        self._context.ledger.hold(rule)

    def next_number(self) -> int:
        """A number that no play had before."""
        self._number += 1
        return self._number

    def nobody(self) -> str:
        """An id that is nobody's."""
        return self._context.some_id()

    def cast(self, own: list[Task]) -> list[str]:
        """The ids of the tasks that a play may change, some of each status; the same for the same list."""
        chosen: list[str] = []
        mine = [] if self._context.writes is Writes.NONE else self._context.may_change(own)
        for status in _CAST:
            fitting = (str(each["id"]) for each in mine if each["status"] == status)
            chosen += [each for each in fitting if each not in chosen][:1]
        return chosen

    def foreign(self, other: list[Task]) -> list[str]:
        """The id of a task of the other server that may be asked for, or none."""
        mine = [] if self._context.writes is Writes.NONE else self._context.may_change(other)
        return [str(each["id"]) for each in mine[:1]]

    def send(self, method: str, path: str, body: object) -> Exchange:
        """The answer to a request of the run's own server. Raises Over."""
        self._count()
        self._shown.clear()
        try:
            self._last = self._context.client.send(method, path, body)
        except (RunEndedError, WithheldError):
            raise ExplorationOverError from None
        return self._last

    def listing(self, query: dict[str, str | int], key: str | None = None) -> Exchange:
        """The answer to GET /tasks. Raises Over."""
        self._count()
        try:
            self._last = self._context.client.listing(query, key)
        except (RunEndedError, WithheldError):
            raise ExplorationOverError from None
        return self._last

    def whole_list(self, key: str | None) -> list[Task]:
        """All tasks of the run's own server, or of the one whose key is given. Raises Over."""
        every, most = ",".join(lenient_spec.enumeration("TaskStatus")), lenient_spec.highest("limit")
        tasks: list[Task] = []
        for page in range(1, self._most_pages + 1):
            exchange = self.listing({"status": every, "limit": most, "page": page}, key)
            tasks += tasks_in(exchange)
            if not exchange.accepted:
                self.give_up(f"the list was answered {exchange.status}")
            if len(tasks) >= total_in(exchange) or not tasks_in(exchange):
                self._watch_for_others(key, tasks)
                return tasks
        self.give_up(f"{total_in(exchange)} tasks are too many for a model")

    def mismatch(self, rule: str, flaw: str, exchanges: Iterable[Exchange]) -> None:
        """Notes a finding. Raises Mismatch, unless it was passed over or another is hunted."""
        cause = (rule, _OF_ONE_PLAY.sub("", flaw))
        finding = Finding(rule, flaw, tuple(exchanges))
        known = self.found.get(cause)
        if known is None or len(finding.exchanges) <= len(known.exchanges):
            self.found[cause] = finding
        if cause not in self._passed_over:
            self.hunted = self.hunted or cause
        if cause == self.hunted:
            raise MismatchError(rule, flaw)

    def hunt_another(self) -> bool:
        """Passes over what was found so far from now on; False where there is nothing new to pass over."""
        new = bool(self.found.keys() - self._passed_over)
        self._passed_over, self.hunted = frozenset(self.found), None
        return new

    def give_up(self, why: str) -> NoReturn:
        """Ends all plays. Raises Over."""
        self.given_up = why
        raise ExplorationOverError

    def _watch_for_others(self, key: str | None, tasks: list[Task]) -> None:
        """Two lists with no write between them that differ: somebody else is at work, on whatever machine."""
        shown = [tuple(task.get(name) for name in _TELLING) for task in tasks]
        if self._shown.setdefault(key, shown) != shown:
            self.is_alone = False
        self._shown[key] = shown

    def _count(self) -> None:
        if self._left <= 0:
            raise ExplorationOverError
        self._left -= 1
