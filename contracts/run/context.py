"""What a tour carries along: how it asks, what it has learnt, and where it notes what it finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import TOO_MANY_REQUESTS
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, usable_tasks_in
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.target.fake_ids import fake_id
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange

_MOST_PAGES = 5


@dataclass(slots=True)
class RunContext:
    """The state of one tour.

    `tasks` are the own tasks not yet used by a step, pending and queued ones. Where a sandbox was named, only
    `sandbox_tasks` are changed, and the requests with an id of `sandbox_requests`; `sandbox_foreign` are
    tasks of the other server that may be asked for.
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

    @property
    def own_name(self) -> str:
        """The name of the server under whose name the run works, or the kit's own where it is not known."""
        return self.server_name or "workerkit"

    def some_id(self) -> str:
        """A fresh id that is nobody's."""
        return fake_id(self.chance)

    def expect(self, rule: str, exchange: Exchange, *statuses: int) -> bool:
        """Notes whether the answer has one of the statuses (2xx where none is given); True where it has.

        429 says nothing about any rule; it ends the run.
        """
        if exchange.status == TOO_MANY_REQUESTS:
            return False
        kept = exchange.status in statuses if statuses else exchange.accepted
        wanted = " or ".join(map(str, statuses)) or "2xx"
        self.ledger.judge(rule, None if kept else f"answered {exchange.status}, expected {wanted}", exchange)
        return kept

    def take_task(self, rule: str) -> Task | None:
        """One of the own tasks for a step to change, or None, noted as the rule's excuse."""
        if not self.tasks:
            self.excuse_without_task(rule)
            return None
        return self.tasks.pop(0)

    def excuse_without_task(self, rule: str) -> None:
        """Notes that the rule could not be tested for want of a task."""
        where = "server" if self.sandbox_tasks is None else "sandbox"
        self.ledger.excuse(
            rule, f"the {where} has no further pending or queued task to try it on: give it more"
        )

    def may_change(self, tasks: Iterable[Task]) -> list[Task]:
        """Those of the tasks that belong to the sandbox, or all where none was named."""
        if self.sandbox_tasks is None:
            return list(tasks)
        ids = {each["id"] for each in self.sandbox_tasks + self.sandbox_foreign}
        return [task for task in tasks if task.get("id") in ids]

    def may_change_request(self, request_id: str) -> bool:
        """True unless a sandbox was named to which the request does not belong."""
        return self.sandbox_tasks is None or request_id.lower() in self.sandbox_requests

    def foreign_task(self) -> Task | None:
        """A waiting task of the other server that may be asked for, or None."""
        listed = self.client.tasks(key=self.target.other_api_key)
        return next(iter(self.may_change(usable_tasks_in(listed))), None)

    def find(self, task_id: str, status: str, key: str | None = None) -> tuple[Task | None, Exchange]:
        """The task as the list with this status shows it, or None; and the last exchange of the search."""
        most = lenient_spec.highest("limit")
        for page in range(1, _MOST_PAGES + 1):
            exchange = self.client.tasks(key=key, status=status, limit=most, page=page)
            tasks = tasks_in(exchange)
            for task in tasks:
                if task.get("id") == task_id:
                    return task, exchange
            if len(tasks) < most:
                break
        return None, exchange
