"""One isolated state: what the mock knows, and how it may change. No HTTP, no clock of its own."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, TypeVar

from workerkit.mockserver.backlog import Backlog
from workerkit.mockserver.chance import Chance
from workerkit.mockserver.clock import Clock
from workerkit.mockserver.entities import Account, LogEntry, Request, Server, Task
from workerkit.mockserver.journal import Journal
from workerkit.mockserver.refusal import NotFound, NotYours

_MOST_LOGS = 100_000
E = TypeVar("E")
_LINKS = ("link_profile", "link_post", "error_message", "note", "is_indexed")


class World:
    """Servers, tasks, requests, accounts and logs under one clock and one seed.

    It changes by its methods only, each of which is done when it returns: between two of them every relation
    holds (a task is in its server's backlog, a key names one server).
    """

    def __init__(self, name: str, clock: Clock, chance: Chance) -> None:
        self.name = name
        self.clock = clock
        self.chance = chance
        self.journal = Journal()
        self.servers: dict[str, Server] = {}
        self.requests: dict[str, Request] = {}
        self.accounts: dict[str, Account] = {}
        self.tasks: dict[str, Task] = {}
        self.logs: deque[LogEntry] = deque(maxlen=_MOST_LOGS)
        self._key_owners: dict[str, str] = {}
        self._backlogs: dict[str, Backlog] = {}
        self._relations: Counter[tuple[str, str]] = Counter()
        self._counted: set[str] = set()
        self._next_place = 0

    # Keys

    def known_keys(self) -> tuple[str, ...]:
        """Every API key that works in this world or ever did."""
        return tuple(self._key_owners)

    def key_holder(self, key: str) -> Server | None:
        """The server that a key works for now, or None."""
        server = self.servers.get(self._key_owners.get(key, ""))
        return server if server is not None and key in server.keys and not server.revoked else None

    def key_owner(self, key: str) -> str | None:
        """The name of the server that a key belongs to or once did, or None."""
        return self._key_owners.get(key)

    def set_keys(self, server: Server, keys: list[str]) -> None:
        """Makes these the keys of a server; keys that it had stay its own but are refused."""
        for key in keys:
            self._key_owners[key] = server.name
        server.keys = keys

    # Servers, requests and accounts

    def add_server(self, name: str, status: str, keys: list[str]) -> Server:
        """Adds a server; its name must be new."""
        server = self.servers[name] = Server(self.chance.uuid(), name, status, [])
        self._backlogs[name] = Backlog()
        self.set_keys(server, keys)
        return server

    def server(self, name: str) -> Server:
        """The server of a name; raises NotFound."""
        try:
            return self.servers[name]
        except KeyError:
            raise NotFound(f"there is no server {name}; there are {', '.join(self.servers)}") from None

    def beat(self, server: Server, metrics: dict[str, Any]) -> None:
        """Stores a heartbeat; of a field that it does not have, the last known value stays."""
        server.heartbeat = {**(server.heartbeat or {}), **metrics}
        server.heartbeat_at = self.clock.now()

    def add_request(self, request: Request) -> Request:
        """Adds a request; its id must be new."""
        self.requests[request.id] = request
        return request

    def add_account(self, account: Account) -> Account:
        """Adds an account; its id must be new."""
        self.accounts[account.id] = account
        return account

    def pick_request(self, request_id: str | None) -> Request:
        """The request of an id, or any where the id is None; raises NotFound."""
        return _picked(self.requests, request_id, self.chance, "request")

    def pick_account(self, account_id: str | None) -> Account:
        """The account of an id, or any where the id is None; raises NotFound."""
        return _picked(self.accounts, account_id, self.chance, "account")

    def related(self, server: Server, kind: str, entity_id: str) -> Request | Account:
        """The request or account that one of the server's tasks belongs to.

        Raises NotFound where there is none of this id, NotYours where no task of the server belongs to it.
        """
        entities: dict[str, Any] = self.requests if kind == "request" else self.accounts
        found: Request | Account | None = entities.get(entity_id.lower())
        if found is None:
            raise NotFound(f"there is no {kind} {entity_id}")
        if not self._relations[server.name, found.id]:
            raise NotYours(f"no task of {server.name} belongs to the {kind} {found.id}")
        return found

    def log(self, server: Server, entries: list[dict[str, Any]]) -> int:
        """Stores log entries; returns how many."""
        now = self.clock.now()
        self.logs.extend(LogEntry(server.name, now, entry) for entry in entries)
        return len(entries)

    # Tasks

    def backlog(self, server: Server) -> Backlog:
        """The tasks that are assigned to a server."""
        return self._backlogs[server.name]

    def next_place(self) -> int:
        """The place in the order of tasks that the next one gets; places are never used twice."""
        self._next_place += 1
        return self._next_place

    def add_task(self, task: Task) -> Task:
        """Adds a task; its id must be new, its server, request and account must be of this world."""
        self.tasks[task.id] = task
        self._assign(task, +1)
        return task

    def task(self, task_id: str) -> Task:
        """The task of an id; raises NotFound."""
        task = self.tasks.get(task_id) or self.tasks.get(task_id.lower())
        if task is None:
            raise NotFound(f"there is no task {task_id}")
        return task

    def own_task(self, server: Server, task_id: str) -> Task:
        """The task of an id that is assigned to a server; raises NotFound, NotYours."""
        task = self.task(task_id)
        if task.server != server.name:
            raise NotYours(f"task {task.id} is assigned to {task.server}, not to {server.name}")
        return task

    def reassign(self, task: Task, server: Server) -> None:
        """Assigns a task to another server; its place in the order stays."""
        self._assign(task, -1)
        task.server = server.name
        self._assign(task, +1)

    def change_task(self, task: Task, fields: dict[str, Any]) -> None:
        """Changes those of status, links, error_message, note and is_indexed that are given."""
        for name in _LINKS:
            if name in fields:
                setattr(task, name, fields[name])
        if "status" in fields:
            self._change_status(task, fields["status"])

    def complete(self, task: Task, fields: dict[str, Any]) -> None:
        """Completes a link: sets status, completed_at and links, and adds one to the request's created_links.

        A link that was completed this way already and was not opened again since adds nothing.
        """
        self.change_task(task, {**fields, "status": "completed"})
        if task.id not in self._counted:
            self._counted.add(task.id)
            task.request.created_links += 1

    def _change_status(self, task: Task, status: str) -> None:
        was = task.status
        self._backlogs[task.server].restatus(task, status)
        if status == "running" and task.started_at is None:
            task.started_at = self.clock.now()
        if status == "completed" and task.completed_at is None:
            task.completed_at = self.clock.now()
        if status != "completed":
            task.completed_at = None
            self._counted.discard(task.id)
        if (was, status) == ("failed", "pending"):
            task.retry_count += 1

    def _assign(self, task: Task, step: int) -> None:
        self._relations[task.server, task.request.id] += step
        self._relations[task.server, task.account.id] += step
        backlog = self._backlogs[task.server]
        (backlog.add if step > 0 else backlog.remove)(task)


def _picked(entities: dict[str, E], entity_id: str | None, chance: Chance, kind: str) -> E:
    if entity_id is None:
        return chance.choice(list(entities.values()))
    if entity_id not in entities:
        raise NotFound(f"there is no {kind} {entity_id}")
    return entities[entity_id]
