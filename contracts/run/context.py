"""The state that the scripted requests and the probes of one run share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import TOO_MANY_REQUESTS
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.request_text import request_text
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.target.fake_ids import fake_id
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

_MOST_PAGES = 20


@dataclass(slots=True)
class RunContext:
    """The state of one run.

    The own server is the server of `api_key`. The other server is the server of `other_api_key`.

    client: sends the requests.
    ledger: stores the results.
    target: the server under test.
    writes: which requests may be sent.
    chance: the random numbers of the run.
    tasks: pending and queued tasks of the own server that no step has used yet.
    server_name: the name of the own server in the list, or None if it is not known.
    server_id: the id of the own server in the list, or None if it is not known.
    sandbox_tasks: the tasks of the own server that may be changed. None means all tasks.
    sandbox_foreign: tasks of the other server that requests may name.
    sandbox_requests: ids of the customers' requests whose status may be changed.
    clock: the clock of the run.
    highest_limit: the highest `limit` that the server accepts, as far as the run knows.
    """

    client: Client
    ledger: Ledger
    target: Target
    writes: Writes
    chance: Random
    tasks: list[Task] = field(default_factory=list)
    server_name: str | None = None
    server_id: str | None = None
    sandbox_tasks: tuple[Task, ...] | None = None
    sandbox_foreign: tuple[Task, ...] = ()
    sandbox_requests: frozenset[str] = frozenset()
    clock: RunClock = field(default_factory=RunClock)
    highest_limit: int = lenient_spec.parameter_maximum("limit")

    @property
    def own_server_name(self) -> str:
        """The name of the server that `api_key` belongs to. It is `workerkit` if the name is not known."""
        return self.server_name or "workerkit"

    def new_fake_id(self) -> str:
        """A new id that no server uses for anything."""
        return fake_id(self.chance)

    def expect_status(self, rule: str, exchange: Exchange, *statuses: int, sent: str = "") -> bool:
        """Records a check: the answer must have one of these statuses, or any 2xx if none is given.

        sent: what was sent, in words. If it is empty, the message shows the request.
        Returns True if the check passed. An answer 429 is not recorded, because it ends the run.
        """
        if exchange.status == TOO_MANY_REQUESTS:
            return False
        kept = exchange.status in statuses if statuses else exchange.accepted
        expected = joined(phrase(" or "), map(str, statuses)) if statuses else "2xx"
        flaw = phrase(
            "{request_text} was answered {status}, expected {expected}",
            request_text=sent or request_text(exchange),
            status=exchange.status,
            expected=expected,
        )
        self.ledger.record_check(rule, None if kept else flaw, exchange)
        return kept

    def take_task(self, rule: str) -> Task | None:
        """The next unused own task. If there is none, returns None and marks the rule as untested."""
        if not self.tasks:
            self.mark_untested_without_task(rule)
            return None
        return self.tasks.pop(0)

    def mark_untested_without_task(self, rule: str) -> None:
        """Marks the rule as untested, because there is no task for the test."""
        where = "server" if self.sandbox_tasks is None else "sandbox"
        self.ledger.mark_untested(
            rule, phrase("the {where} has no further pending or queued task: give it more tasks", where=where)
        )

    def changeable(self, tasks: Iterable[Task]) -> list[Task]:
        """The tasks that belong to the sandbox. All tasks if there is no sandbox."""
        if self.sandbox_tasks is None:
            return list(tasks)
        ids = {task["id"] for task in self.sandbox_tasks + self.sandbox_foreign}
        return [task for task in tasks if task.get("id") in ids]

    def foreign_tasks_in(self, listed: Exchange) -> list[Task]:
        """The waiting tasks of the other server that requests may name.

        listed: a list with the key of the other server. If it is the list of the own server, as a wrong cache
            can answer, no task is foreign.
        """
        server_id = ParsedExchange(listed).answer_field("server_id")
        return [] if server_id and server_id == self.server_id else self.changeable(usable_tasks_in(listed))

    def may_change_request(self, request_id: str) -> bool:
        """True if the customer's request belongs to the sandbox, or if there is no sandbox."""
        return self.sandbox_tasks is None or request_id.lower() in self.sandbox_requests

    def foreign_task(self) -> Task | None:
        """A waiting task of the other server that requests may name, or None."""
        listed = self.client.get_tasks(key=self.target.other_api_key)
        return next(iter(self.foreign_tasks_in(listed)), None)

    def find_task(self, task_id: str, status: str, key: str | None = None) -> tuple[Task | None, Exchange]:
        """Looks for a task in the list with this status.

        Returns the task, or None if it is not there, and the last exchange of the search.
        """
        limit = self.highest_limit
        for page in range(1, _MOST_PAGES + 1):
            exchange = self.client.get_tasks(key=key, status=status, limit=limit, page=page)
            tasks = tasks_in(exchange)
            for task in tasks:
                if task.get("id") == task_id:
                    return task, exchange
            if len(tasks) < limit:
                break
        return None, exchange
