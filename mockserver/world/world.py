"""One isolated state: what the mock knows, and how it may change. No HTTP, no clock of its own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.backlog import Backlog
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.entities import Account, CustomerRequest, LogEntry, Server, Task
from workerkit.mockserver.world.journal import CAPACITY, Journal
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.refusal import NotFoundError, NotYourTaskError, StatusFlowError
from workerkit.openapi.formats.ready_json import ReadyJson
from workerkit.openapi.formats.timestamp import WRITERS
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.struck_faults import AppliedFaults

_MOST_LOGS = 100_000
_MOST_REMEMBERED = 10_000
_MOST_REMEMBERED_IN_FULL = 200_000
E = TypeVar("E")
_WAITING = ("pending", "queued")
_UNFAILED = ("pending", "queued", "running", "completed", "canceled")
_RETRY_STEPS = {
    "on-requeue": {("failed", "pending")},
    "on-failure": {(status, "failed") for status in _UNFAILED},
    "never": set[tuple[str, str]](),
}
_LINKS = ("link_profile", "link_post", "error_message", "note", "is_indexed")


class World:
    """Servers, tasks, requests, accounts and logs under one clock, one seed and one dialect.

    It changes by its methods only, each of which is done when it returns: between two of them every relation
    holds (a task is in its server's backlog, a key names one server). `listener` is told of each change of a
    status, a key or an assignment. `past` are the newest of those that a worker does not make itself or, once
    the world was asked to remember all, of all changes. `struck` says what faults did to which exchange.
    `observer` is told of a task that got another status, and of the one that it had.
    """

    def __init__(self, name: str, clock: Clock, chance: Chance, api: Api | None = None) -> None:
        self.name = name
        self.api = api or worker_api()
        self.dialect = self.api.dialect
        self.write = WRITERS[self.dialect["time-precision"]]
        self.clock = clock
        self.chance = chance
        self.mischief = chance.substream("faults")
        self.journal = Journal()
        self.servers: dict[str, Server] = {}
        self.requests: dict[str, CustomerRequest] = {}
        self.accounts: dict[str, Account] = {}
        self.tasks: dict[str, Task] = {}
        self.logs: deque[LogEntry] = deque(maxlen=_MOST_LOGS)
        self.faults: list[ActiveFault] = []
        self.past: deque[Change] = deque(maxlen=_MOST_REMEMBERED)
        self.struck: dict[int, AppliedFaults] = {}
        self.listener: Callable[[Change], None] | None = None
        self.observer: Callable[[Task, str], None] | None = None
        self._key_owners: dict[str, str] = {}
        self._backlogs: dict[str, Backlog] = {}
        self._relations: Counter[tuple[str, str]] = Counter()
        self._counted: set[str] = set()
        self._listings: dict[str, ReadyJson] = {}
        self._next_place = 0
        self._remembers_all = False

    def remember_all(self) -> None:
        """Remembers from now on what workers change, too, and of tasks each field that changes."""
        self.past = deque(self.past, maxlen=_MOST_REMEMBERED_IN_FULL)
        self._remembers_all = True

    @property
    def forgot(self) -> bool:
        """Whether something is missing from what it remembers of its past."""
        return self.journal.dropped > 0 or len(self.past) == self.past.maxlen

    def remember_applied_faults(self, struck: AppliedFaults) -> None:
        """Remembers what faults did to an exchange, for as many exchanges as the journal keeps."""
        self.struck[struck.number] = struck
        if len(self.struck) > CAPACITY:
            del self.struck[next(iter(self.struck))]

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

    def reserve_key(self, server: Server, key: str) -> None:
        """Keeps a key for a server that will get it later; until then it is refused."""
        self._key_owners[key] = server.name

    def exchange_key(self, server: Server, key: str, *, by: str) -> None:
        """Gives a server another key, its only one from now on."""
        was = server.keys
        self.set_keys(server, [key])
        self._remember("server", server.name, "api_key", was, server.keys, by)

    def revoke(self, server: Server, *, revoked: bool, by: str) -> None:
        """Refuses a server's keys from now on, or takes them again."""
        was, server.revoked = server.revoked, revoked
        self._remember("server", server.name, "revoked", was, revoked, by)

    # Servers, requests and accounts

    def add_server(self, name: str, status: str, keys: list[str]) -> Server:
        """Adds a server; its name must be new."""
        server = self.take_server(Server(self.chance.uuid(), name, status, []))
        self.set_keys(server, keys)
        return server

    def take_server(self, server: Server) -> Server:
        """Adds a server as it is; its name and id must be new, and whose its keys are is still to be told."""
        self.servers[server.name] = server
        self._backlogs[server.name] = Backlog()
        return server

    def server(self, name: str) -> Server:
        """The server of a name; raises NotFound."""
        try:
            return self.servers[name]
        except KeyError:
            raise NotFoundError(f"there is no server {name}; there are {', '.join(self.servers)}") from None

    def is_active(self, server: Server) -> bool:
        """Whether a server's key is taken now. In some dialects one that sends no heartbeat goes offline."""
        silent_after = self.api.offline_after
        if silent_after is not None and server.status in self.api.active_statuses:
            last = max(self.clock.begin, server.heartbeat_at or 0, server.active_since or 0)
            if self.clock.now() - last > silent_after:
                self.set_server_status(server, self.api.offline_status, by="heartbeat silence")
        return server.status in self.api.active_statuses

    def set_server_status(self, server: Server, status: str, *, by: str) -> None:
        """Sets a server's status. One that becomes active has not been silent before."""
        was, server.status = server.status, status
        if status in self.api.active_statuses:
            server.active_since = self.clock.glance()
        self._remember("server", server.name, "status", was, status, by)

    def beat(self, server: Server, metrics: dict[str, Any]) -> None:
        """Stores a heartbeat; of a field that it does not have, the last known value stays.

        A server that was offline is online from then on.
        """
        server.heartbeat = {**(server.heartbeat or {}), **metrics}
        server.heartbeat_at = self.clock.now()
        if server.status not in self.api.active_statuses:
            self.set_server_status(server, self.api.active_statuses[0], by="its heartbeat")

    def add_request(self, request: CustomerRequest) -> CustomerRequest:
        """Adds a request; its id must be new."""
        self.requests[request.id] = request
        return request

    def add_account(self, account: Account) -> Account:
        """Adds an account; its id must be new."""
        self.accounts[account.id] = account
        return account

    def pick_request(self, request_id: str | None) -> CustomerRequest:
        """The request of an id, or any where the id is None; raises NotFound."""
        return _picked(self.requests, request_id, self.chance, "request")

    def pick_account(self, account_id: str | None) -> Account:
        """The account of an id, or any where the id is None; raises NotFound."""
        return _picked(self.accounts, account_id, self.chance, "account")

    def related(self, server: Server, kind: str, entity_id: str) -> CustomerRequest | Account:
        """The request or account that one of the server's tasks belongs to.

        Raises NotFound where there is none of this id, NotYours where no task of the server belongs to it.
        """
        entities: dict[str, Any] = self.requests if kind == "request" else self.accounts
        found: CustomerRequest | Account | None = entities.get(entity_id.lower())
        if found is None:
            raise NotFoundError(f"there is no {kind} {entity_id}")
        if self.dialect["related-entities"] == "own" and not self._relations[server.name, found.id]:
            raise NotYourTaskError(f"no task of {server.name} belongs to the {kind} {found.id}")
        return found

    def set_status(self, entity: CustomerRequest | Account, status: str) -> None:
        """Sets the status of a request or account."""
        was, entity.status = entity.status, status
        if was != status:
            kind = "request" if isinstance(entity, CustomerRequest) else "account"
            self._tell(kind, entity.id, "status", was, status, "")

    def log(self, server: Server, entries: list[dict[str, Any]]) -> int:
        """Stores log entries and returns how many."""
        now = self.clock.now()
        self.logs.extend(LogEntry(server.name, now, entry) for entry in entries)
        return len(entries)

    # Faults

    def add_fault(self, planned: PlannedFault, *, since: float) -> ActiveFault:
        """Adds a fault whose schedule begins at a time in seconds since 1970."""
        fault = ActiveFault(planned, since)
        self.faults.append(fault)
        return fault

    # Tasks

    def backlog(self, server: Server) -> Backlog:
        """The tasks that are assigned to a server."""
        return self._backlogs[server.name]

    def bookkeeping(self) -> dict[str, Any]:
        """What a world knows beside its entities, as JSON: whose keys are whose, tasks counted, the place."""
        counted = [task_id for task_id in self.tasks if task_id in self._counted]
        return {"keys": dict(self._key_owners), "counted": counted, "last_place": self._next_place}

    def resume(self, *, keys: dict[str, str], counted: list[str], last_place: int) -> None:
        """Takes over what another world of the same entities knew beside them."""
        self._key_owners = dict(keys)
        self._counted = set(counted)
        self._next_place = last_place

    def next_place(self) -> int:
        """The place in the order of tasks that the next one gets; places are never used twice."""
        self._next_place += 1 if self.dialect["list-order"] == "oldest-first" else -1
        return self._next_place

    def add_task(self, task: Task) -> Task:
        """Adds a task; its id must be new, its server, request and account must be of this world."""
        self.tasks[task.id] = task
        self._assign(task, +1)
        self._keep("task", task.id, "server", None, task.server, "hand")
        return task

    def remove_task(self, task: Task, *, by: str = "hand") -> None:
        """Takes a task out of the world."""
        self._remember("task", task.id, "server", task.server, None, by)
        self._assign(task, -1)
        self._listings.pop(task.id, None)
        self._counted.discard(task.id)
        del self.tasks[task.id]

    def task(self, task_id: str) -> Task:
        """The task of an id; raises NotFound."""
        task = self.tasks.get(task_id) or self.tasks.get(task_id.lower())
        if task is None:
            raise NotFoundError(f"there is no task {task_id}")
        return task

    def listed(self, tasks: Iterable[Task]) -> list[ReadyJson]:
        """The tasks as they are listed; how each one is, is kept until it changes."""
        kept = self._listings
        return [kept.get(task.id) or self._list(task) for task in tasks]

    def _list(self, task: Task) -> ReadyJson:
        listing = self._listings[task.id] = ReadyJson(task.listed(self.write))
        return listing

    def own_task(self, server: Server, task_id: str) -> Task:
        """The task of an id that is assigned to a server; raises NotFound, NotYours."""
        task = self.task(task_id)
        if task.server != server.name:
            raise NotYourTaskError(f"task {task.id} is assigned to {task.server}, not to {server.name}")
        return task

    def reassign(self, task: Task, server: Server, *, by: str = "hand") -> None:
        """Assigns a task to another server; its place in the order stays."""
        self._assign(task, -1)
        was, task.server = task.server, server.name
        self._assign(task, +1)
        self._remember("task", task.id, "server", was, server.name, by)

    def update_task(self, task: Task, fields: dict[str, Any], *, bound: bool = True) -> None:
        """Changes a task as its server asks for.

        Raises AgainstFlow where the dialect is strict, and with this way to change a task, too: `bound`.
        """
        if bound and "status" in fields:
            self._check_flow(task, fields["status"])
        self.change_task(task, fields, by="")
        if fields.get("status") == "failed" and self.dialect["retry"] == "automatic" and task.has_retries:
            self._change_status(task, "pending", "the automatic retry")

    def change_task(self, task: Task, fields: dict[str, Any], *, by: str = "hand") -> None:
        """Changes those of status, links, error_message, note and is_indexed that are given."""
        self._listings.pop(task.id, None)
        for name in _LINKS:
            if name in fields:
                self._keep("task", task.id, name, getattr(task, name), fields[name], by)
                setattr(task, name, fields[name])
        if "status" in fields:
            self._change_status(task, fields["status"], by)

    def rewrite_task(self, task: Task, fields: dict[str, Any], *, by: str = "hand") -> None:
        """Changes any fields of a task that are its own alone, whatever the flow says; its id stays."""
        self._listings.pop(task.id, None)
        backlog = self._backlogs[task.server]
        backlog.remove(task)
        for name in sorted(fields.keys() - {"status", *_LINKS}):
            self._keep("task", task.id, name, getattr(task, name), fields[name], by)
            setattr(task, name, fields[name])
        backlog.add(task)
        self.change_task(task, fields, by=by)

    def complete(self, task: Task, fields: dict[str, Any]) -> None:
        """Completes a link: sets status, completed_at and links, and adds one to the request's created_links.

        A link that was completed this way already and was not opened again since adds nothing, unless the
        dialect counts twice. Raises AgainstFlow where the dialect is strict with completions, too.
        """
        bound = self.dialect["completion-flow"] == "bound"
        self.update_task(task, {**fields, "status": "completed"}, bound=bound)
        if task.id not in self._counted or self.dialect["complete-twice"] == "twice":
            self._counted.add(task.id)
            count = task.request.created_links
            self._keep("request", task.request.id, "created_links", count, count + 1, "")
            task.request.created_links = count + 1

    def _check_flow(self, task: Task, status: str) -> None:
        if self.dialect["transitions"] == "lenient" or status == task.status:
            return
        refused = int(self.dialect["refused-transition"])
        if status not in self.api.flow[task.status]:
            raise StatusFlowError(f"task {task.id} is {task.status}: {status} may not follow", refused)
        if task.status == "failed" and not task.has_retries:
            raise StatusFlowError(
                f"task {task.id} failed for good: no retry of {task.max_retries} is left", refused
            )

    def _change_status(self, task: Task, status: str, by: str) -> None:
        was = task.status
        if status == was:
            return
        self._listings.pop(task.id, None)
        if (was, status) in _RETRY_STEPS[self.dialect["retry-count"]]:
            self._keep("task", task.id, "retry_count", task.retry_count, task.retry_count + 1, by)
            task.retry_count += 1
        self._backlogs[task.server].restatus(task, status)
        self._counted.discard(task.id)
        task.completed_at = self.clock.now() if status == "completed" else None
        if status in _WAITING:
            task.started_at = None
        elif status == "running":
            task.started_at = self.clock.now()
        self._tell("task", task.id, "status", was, status, by)
        if self.observer is not None:
            self.observer(task, was)

    def _assign(self, task: Task, step: int) -> None:
        self._relations[task.server, task.request.id] += step
        self._relations[task.server, task.account.id] += step
        backlog = self._backlogs[task.server]
        (backlog.add if step > 0 else backlog.remove)(task)

    def _remember(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        if was == now:
            return
        change = self._change(kind, subject, field, was, now, by)
        self.past.append(change)
        if self.listener is not None:
            self.listener(change)

    def _tell(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        self._keep(kind, subject, field, was, now, by)
        if self.listener is not None:
            self.listener(self._change(kind, subject, field, was, now, by))

    def _keep(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        if self._remembers_all and was != now:
            self.past.append(self._change(kind, subject, field, was, now, by))

    def _change(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> Change:
        return Change(kind, subject, field, was, now, self.clock.glance(), self.journal.count, by)


def _picked(entities: dict[str, E], entity_id: str | None, chance: Chance, kind: str) -> E:
    if entity_id is None:
        return chance.choice(list(entities.values()))
    if entity_id not in entities:
        raise NotFoundError(f"there is no {kind} {entity_id}")
    return entities[entity_id]
