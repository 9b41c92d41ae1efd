"""The state of one isolated mock: entities, keys, journal and faults. No HTTP."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.backlog import Backlog
from workerkit.mockserver.world.change_log import ChangeLog
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.entities import Account, CustomerRequest, LogEntry, Server, Task
from workerkit.mockserver.world.journal import CAPACITY, Journal
from workerkit.mockserver.world.key_ring import KeyRing
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.refusal import NotFoundError, NotYourTaskError, StatusFlowError
from workerkit.mockserver.world.task_reading import TaskReadings
from workerkit.openapi.formats.ready_json import ReadyJson
from workerkit.openapi.formats.timestamp import TIME_WRITERS
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.run_record.applied_faults import AppliedFaults

_MAX_LOGS = 100_000
E = TypeVar("E")
_RESULT_FIELDS = ("link_profile", "link_post", "error_message", "note", "is_indexed")


class World:
    """Servers, tasks, customers' requests, accounts and logs, with one clock, one seed and one dialect.

    To change the entities, call the methods of `World` and `KeyRing`. After each call the state is
    consistent. For example, each task is in the backlog of its server, and each key belongs to one server.

    write: formats times as the dialect says.
    hands_out_tasks: whether a list sets the pending tasks on its page to queued.
    random: all random values except those of faults.
    fault_random: the random values of faults. They are separate, so faults do not change the other values.
    change_log: the recorded changes.
    applied_faults: the faults that were applied to each exchange, by the number of the exchange.
    undelivered: the numbers of the newest exchanges whose answer the client did not take: it had closed the
        connection.
    close_port: lets the port of this world refuse connections for some seconds. None if the port has other
        worlds, too.
    on_status_change: is called with each task whose status changed, and with its former status; or None.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        random: SeededRandom,
        api: Api | None = None,
        *,
        key_prefix: str = "",
    ) -> None:
        self.name = name
        self.api = api or worker_api()
        self.dialect = self.api.dialect
        self.write = TIME_WRITERS[self.dialect["time-precision"]]
        self.hands_out_tasks = self.dialect["listing"] == "hands-out"
        self._lists_nulls = self.dialect["null-in-task"] == "any"
        self.clock = clock
        self.random = random
        self.fault_random = random.substream("faults")
        self.journal = Journal()
        self.change_log = ChangeLog(clock, self.journal)
        self.servers: dict[str, Server] = {}
        self.key_ring = KeyRing(self.servers, self.change_log, key_prefix)
        self.requests: dict[str, CustomerRequest] = {}
        self.accounts: dict[str, Account] = {}
        self.tasks: dict[str, Task] = {}
        self.logs: deque[LogEntry] = deque(maxlen=_MAX_LOGS)
        self.faults: list[ActiveFault] = []
        self.applied_faults: dict[int, AppliedFaults] = {}
        self.undelivered: deque[int] = deque(maxlen=CAPACITY)
        self.close_port: Callable[[float], None] | None = None
        self.on_status_change: Callable[[Task, str], None] | None = None
        self._backlogs: dict[str, Backlog] = {}
        self._relations: Counter[tuple[str, str]] = Counter()
        self._counted: dict[str, None] = {}
        self._list_items: dict[str, ReadyJson] = {}
        self._last_place = 0
        clock.on_move(self._move_faults)
        self._readings = TaskReadings()

    @property
    def has_dropped_history(self) -> bool:
        """Whether old exchanges or changes were dropped because there were too many."""
        return self.journal.dropped > 0 or self.change_log.is_full

    # Servers, requests and accounts

    def add_server(self, name: str, status: str, keys: list[str]) -> Server:
        """Adds a server. Its name must be new."""
        server = self.insert_server(Server(self.random.uuid(), name, status, []))
        self.key_ring.set_keys(server, keys)
        return server

    def insert_server(self, server: Server) -> Server:
        """Adds a server object. Its name and id must be new. Its keys must be added to `key_ring` later."""
        self.servers[server.name] = server
        self._backlogs[server.name] = Backlog()
        return server

    def server(self, name: str) -> Server:
        """The server with this name. Raises NotFoundError."""
        try:
            return self.servers[name]
        except KeyError:
            raise NotFoundError(f"there is no server {name}; there are {', '.join(self.servers)}") from None

    def is_active(self, server: Server) -> bool:
        """Whether the server's status is active now.

        In some dialects a server without recent heartbeats becomes offline; this method sets the new status.
        """
        silent_after = self.api.offline_after
        if silent_after is not None and server.status in self.api.active_statuses:
            last = max(self.clock.begin, server.heartbeat_at or 0, server.active_since or 0)
            if self.clock.now() - last > silent_after:
                self.set_server_status(server, self.api.offline_status, by="heartbeat silence")
        return server.status in self.api.active_statuses

    def set_server_status(self, server: Server, status: str, *, by: str) -> None:
        """Sets a server's status. If the new status is active, the time without heartbeats starts again at 0.

        by: what caused the change, for the change log.
        """
        was, server.status = server.status, status
        if status in self.api.active_statuses:
            server.active_since = self.clock.peek()
        self.change_log.record("server", server.name, "status", was, status, by)

    def store_heartbeat(self, server: Server, metrics: dict[str, Any]) -> None:
        """Stores a heartbeat. Fields that it does not contain keep their last value.

        An offline server becomes online.
        """
        server.heartbeat = {**(server.heartbeat or {}), **metrics}
        server.heartbeat_at = self.clock.now()
        if server.status not in self.api.active_statuses:
            self.set_server_status(server, self.api.active_statuses[0], by="its heartbeat")

    def add_request(self, request: CustomerRequest) -> CustomerRequest:
        """Adds a customer's request. Its id must be new."""
        self.requests[request.id] = request
        return request

    def add_account(self, account: Account) -> Account:
        """Adds an account. Its id must be new."""
        self.accounts[account.id] = account
        return account

    def pick_request(self, request_id: str | None) -> CustomerRequest:
        """The customer's request with this id, or a random one if the id is None. Raises NotFoundError."""
        return _found_or_random(self.requests, request_id, self.random, "request")

    def pick_account(self, account_id: str | None) -> Account:
        """The account with this id, or a random one if the id is None. Raises NotFoundError."""
        return _found_or_random(self.accounts, account_id, self.random, "account")

    def related_entity(self, server: Server, kind: str, entity_id: str) -> CustomerRequest | Account:
        """The customer's request or account with this id, if the server may change it.

        kind: `request` or `account`.

        Raises NotFoundError if the id is unknown. In some dialects, a server may change only the customers'
        requests and accounts of its own tasks. In these dialects, raises NotYourTaskError for any other.
        """
        entities: dict[str, Any] = self.requests if kind == "request" else self.accounts
        found: CustomerRequest | Account | None = entities.get(entity_id.lower())
        if found is None:
            raise NotFoundError(phrase("there is no {kind} {entity_id}", kind=kind, entity_id=entity_id))
        if self.dialect["related-entities"] == "own" and not self._relations[server.name, found.id]:
            raise NotYourTaskError(
                phrase(
                    "no task of {name} belongs to the {kind} {id}", name=server.name, kind=kind, id=found.id
                )
            )
        return found

    def set_status(self, entity: CustomerRequest | Account, status: str) -> None:
        """Sets the status of a customer's request or an account."""
        was, entity.status = entity.status, status
        if was != status:
            kind = "request" if isinstance(entity, CustomerRequest) else "account"
            self.change_log.report(kind, entity.id, "status", was, status, "")

    def store_logs(self, server: Server, entries: list[dict[str, Any]]) -> int:
        """Stores log entries. Returns how many."""
        now = self.clock.now()
        self.logs.extend(LogEntry(server.name, now, entry) for entry in entries)
        return len(entries)

    # Faults

    def add_fault(self, planned: PlannedFault, *, since: float) -> ActiveFault:
        """Adds a fault.

        since: when its schedule begins, in seconds since 1970.
        """
        fault = ActiveFault(planned, since)
        self.faults.append(fault)
        return fault

    def _move_faults(self, seconds: float) -> None:
        """Moves the schedules of faults that were added before the clock moved to the real time."""
        for fault in self.faults:
            fault.since += seconds

    def store_applied_faults(self, applied: AppliedFaults) -> None:
        """Stores what faults did to an exchange. Drops the oldest entry if there are more than `CAPACITY`."""
        self.applied_faults[applied.number] = applied
        if len(self.applied_faults) > CAPACITY:
            del self.applied_faults[next(iter(self.applied_faults))]

    # Tasks

    def backlog(self, server: Server) -> Backlog:
        """The tasks that are assigned to a server."""
        return self._backlogs[server.name]

    def internal_state(self) -> dict[str, Any]:
        """The state that the entities do not contain, as JSON.

        keys: for each API key the name of its server.
        counted: the ids of the tasks that are counted in `created_links` of their request. An iterator, for
            `json_parts`.
        last_place: the last place that `new_place` returned.
        """
        counted = iter(tuple(self._counted))
        return {"keys": self.key_ring.owners(), "counted": counted, "last_place": self._last_place}

    def tasks_now(self) -> Iterator[Task]:
        """The tasks as they are now. The iterator can be read slowly, while the tasks change."""
        return self._readings.begin(self.tasks)

    def restore_internal_state(self, *, keys: dict[str, str], counted: list[str], last_place: int) -> None:
        """Sets the state that `internal_state` returned for a world with the same entities."""
        self.key_ring.restore_owners(keys)
        self._counted = dict.fromkeys(counted)
        self._last_place = last_place

    def new_place(self) -> int:
        """A new place in the list order for the next task. Each place is returned once."""
        self._last_place += 1 if self.dialect["list-order"] == "oldest-first" else -1
        return self._last_place

    def add_task(self, task: Task) -> Task:
        """Adds a task. Its id must be new. Its server, request and account must be in this world."""
        self.tasks[task.id] = task
        self._add_to_server(task)
        self.change_log.record_detail("task", task.id, "server", None, task.server, "hand")
        return task

    def remove_task(self, task: Task, *, by: str = "hand") -> None:
        """Removes a task."""
        self.change_log.record("task", task.id, "server", task.server, None, by)
        self._remove_from_server(task)
        self._list_items.pop(task.id, None)
        self._counted.pop(task.id, None)
        del self.tasks[task.id]

    def task(self, task_id: str) -> Task:
        """The task with this id. Raises NotFoundError."""
        task = self.tasks.get(task_id) or self.tasks.get(task_id.lower())
        if task is None:
            raise NotFoundError(phrase("there is no task {task_id}", task_id=task_id))
        return task

    def list_items(self, tasks: Iterable[Task]) -> list[ReadyJson]:
        """The tasks as items of the answer of `GET /tasks`. The JSON of an unchanged task is cached."""
        cached = self._list_items
        return [cached.get(task.id) or self._new_list_item(task) for task in tasks]

    def _new_list_item(self, task: Task) -> ReadyJson:
        fields = task.list_item(self.write)
        if self._lists_nulls:
            fields = {name: None if value == "" else value for name, value in fields.items()}
        list_item = self._list_items[task.id] = ReadyJson(fields)
        return list_item

    def hand_out(self, tasks: Iterable[Task]) -> None:
        """Sets the pending ones of these tasks to queued, because a list shows them to their server."""
        pending, queued, *_ = self.api.statuses_in("waiting")
        for task in tasks:
            if task.status == pending:
                self._change_status(task, queued, "the list")

    def own_task(self, server: Server, task_id: str) -> Task:
        """The task with this id, if it is assigned to the server. Raises NotFoundError, NotYourTaskError."""
        task = self.task(task_id)
        if task.server != server.name:
            raise NotYourTaskError(
                phrase(
                    "task {id} is assigned to {server}, not to {name}",
                    id=task.id,
                    server=task.server,
                    name=server.name,
                )
            )
        return task

    def reassign(self, task: Task, server: Server, *, by: str = "hand") -> None:
        """Assigns a task to another server. The task keeps its place in the list order."""
        self._readings.save(task)
        self._remove_from_server(task)
        was, task.server = task.server, server.name
        self._add_to_server(task)
        self.change_log.record("task", task.id, "server", was, server.name, by)

    def update_task(self, task: Task, fields: dict[str, Any], *, check_flow: bool = True) -> None:
        """Changes a task because its server asked for the change.

        In a dialect with automatic retries, a task that failed and has retries left becomes pending again.

        check_flow: whether a strict dialect refuses a status that the status flow does not allow.

        Raises StatusFlowError.
        """
        if check_flow and "status" in fields:
            self._check_flow(task, fields["status"])
        self.change_task(task, fields, by="")
        if fields.get("status") == "failed" and self.dialect["retry"] == "automatic" and task.has_retries:
            self._change_status(task, "pending", "the automatic retry")

    def change_task(self, task: Task, fields: dict[str, Any], *, by: str = "hand") -> None:
        """Sets the fields that are given. They can be: status, links, error_message, note and is_indexed.

        Ignores other fields. Does not check the status flow.
        """
        self._begin_change(task)
        for name in _RESULT_FIELDS:
            if name in fields:
                self.change_log.record_detail("task", task.id, name, getattr(task, name), fields[name], by)
                setattr(task, name, fields[name])
        if "status" in fields:
            self._change_status(task, fields["status"], by)

    def change_any_fields(self, task: Task, fields: dict[str, Any], *, by: str = "hand") -> None:
        """Sets any fields except the id, server, request and account. Does not check the status flow."""
        self._begin_change(task)
        backlog = self._backlogs[task.server]
        backlog.remove(task)
        for name in sorted(fields.keys() - {"status", *_RESULT_FIELDS}):
            self.change_log.record_detail("task", task.id, name, getattr(task, name), fields[name], by)
            setattr(task, name, fields[name])
        backlog.add(task)
        self.change_task(task, fields, by=by)

    def complete_task(self, task: Task, fields: dict[str, Any]) -> None:
        """Completes a task and adds 1 to `created_links` of its request.

        Sets the status, `completed_at` and the given fields. If an earlier completion was counted and the
        status did not change since, adds nothing. In some dialects each completion adds 1.

        Raises StatusFlowError if the dialect also checks the status flow of completions.
        """
        check_flow = self.dialect["completion-flow"] == "bound"
        self.update_task(task, {**fields, "status": "completed"}, check_flow=check_flow)
        if task.id not in self._counted or self.dialect["complete-twice"] == "twice":
            self._counted[task.id] = None
            request, count = task.request, task.request.created_links
            self.change_log.record_detail("request", request.id, "created_links", count, count + 1, "")
            request.created_links = count + 1

    def _check_flow(self, task: Task, status: str) -> None:
        if self.dialect["transitions"] == "lenient" or status == task.status:
            return
        http_status = int(self.dialect["refused-transition"])
        if status not in self.api.flow[task.status]:
            raise StatusFlowError(
                phrase(
                    "task {id} is {was}: its next status cannot be {status}",
                    id=task.id,
                    was=task.status,
                    status=status,
                ),
                http_status,
            )
        if task.status == "failed" and not task.has_retries:
            raise StatusFlowError(
                phrase(
                    "task {id} cannot be tried again: all {max_retries} retries are used",
                    id=task.id,
                    max_retries=task.max_retries,
                ),
                http_status,
            )

    def _change_status(self, task: Task, status: str, by: str) -> None:
        was = task.status
        if status == was:
            return
        self._begin_change(task)
        if self._is_counted_retry(was, status):
            count = task.retry_count
            self.change_log.record_detail("task", task.id, "retry_count", count, count + 1, by)
            task.retry_count = count + 1
        self._backlogs[task.server].change_status(task, status)
        self._counted.pop(task.id, None)
        task.completed_at = self.clock.now() if status == "completed" else None
        if status in self.api.statuses_in("waiting"):
            task.started_at = None
        elif status == "running":
            task.started_at = self.clock.now()
        self.change_log.report("task", task.id, "status", was, status, by)
        if self.on_status_change is not None:
            self.on_status_change(task, was)

    def _begin_change(self, task: Task) -> None:
        self._list_items.pop(task.id, None)
        self._readings.save(task)

    def _is_counted_retry(self, was: str, status: str) -> bool:
        """Whether `retry_count` goes up by 1 in this dialect when a status changes from `was` to `status`."""
        match self.dialect["retry-count"]:
            case "on-requeue":
                return (was, status) == ("failed", "pending")
            case "on-failure":
                return status == "failed"
            case _:
                return False

    def _add_to_server(self, task: Task) -> None:
        self._relations[task.server, task.request.id] += 1
        self._relations[task.server, task.account.id] += 1
        self._backlogs[task.server].add(task)

    def _remove_from_server(self, task: Task) -> None:
        self._relations[task.server, task.request.id] -= 1
        self._relations[task.server, task.account.id] -= 1
        self._backlogs[task.server].remove(task)


def _found_or_random(entities: dict[str, E], entity_id: str | None, random: SeededRandom, kind: str) -> E:
    if entity_id is None:
        return random.choice(list(entities.values()))
    if entity_id not in entities:
        raise NotFoundError(phrase("there is no {kind} {entity_id}", kind=kind, entity_id=entity_id))
    return entities[entity_id]
