"""Reconstructs a world from recorded exchanges: the listed tasks, and one server for each API key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from workerkit.mockserver.capsules.comparison.exchange_keys import exchanges_by_key, refuses_key
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.reconstruction.counted_list import CountedList, number_or_zero
from workerkit.mockserver.capsules.reconstruction.lasting_facts import LastingFacts, server_of
from workerkit.mockserver.capsules.reconstruction.status_before import status_before
from workerkit.mockserver.capsules.reconstruction.task_order import Pair, task_order
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.entities import Account, CustomerRequest, Server, Task
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.worlds import Builder
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    Json,
    bulk_results_of,
    error_of,
    key_of,
    lacks_json_type,
    link_id_of,
    listed_tasks,
    named_tasks,
    next_cursor_of,
    requested_cursor,
    statuses_set,
    task_ownership,
)
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call

# The seed for the ids of invented tasks. A recorded mock was probably started with a small seed. This seed is
# large, so that the invented ids differ from the recorded ids.
_SEED = 0xCA95_01E5
_OTHER_SERVER = "another server"
# If a server says that it has more tasks than this, the number is ignored.
_MAX_INVENTED_TASKS = 50_000
# Lists without a status filter leave out tasks in this status, and such a task may change to any status.
_UNLISTED_STATUS = "running"
# The server itself does not change these statuses.
_LASTING_STATUSES = frozenset({"running", "completed", "canceled"})


def reconstruction(capsule: Capsule, dialect: Dialect, facts: LastingFacts | None = None) -> Builder:
    """Builds a world in which the mock, with this dialect, gives the recorded answers if it can.

    facts: what the other exchanges of an incomplete recording prove. Then the capsule has one exchange, and
        the world is as it was just before this exchange. None if the capsule is a complete recording.
    """
    if facts is not None:
        return lambda name: Director(_SingleReconstruction(capsule, dialect, name, facts).world)
    return lambda name: Director(_Reconstruction(capsule, dialect, name).world)


def counted_lists(capsule: Capsule, dialect: Dialect) -> list[CountedList]:
    """The recorded pages that a server gave to API keys which it accepts."""
    return _Reconstruction(capsule, dialect, "recorded").pages


class _Reconstruction:
    """Builds one world. First it collects the tasks, then it adds them to the world."""

    def __init__(self, capsule: Capsule, dialect: Dialect, name: str) -> None:
        self._api = worker_api(dialect)
        self._exchanges = [recorded.exchange for recorded in capsule.recorded]
        self.world = World(name, Clock(capsule.began), SeededRandom(_SEED), self._api)
        self._order: list[str] = []
        self._tasks: dict[str, tuple[str, Json]] = {}
        self._accounts: dict[tuple[str, ...], Account] = {}
        self._add_servers()
        self.pages = list(self._listed_pages())
        self._counts_all = self._api.dialect["total-with-cursor"] == "all"
        self._lists = [page for page in self.pages if page.cursor is None or self._counts_all]
        self._collect_listed_tasks()
        self._collect_cursors()
        self._collect_named_entities()
        self._invent_tasks()
        for place, task_id in enumerate(self._order, 1):
            self._add_task(task_id, place)
        self.world.restore_internal_state(
            keys=self.world.internal_state()["keys"], counted=[], last_place=len(self._order) + 1
        )

    # Servers

    def _add_servers(self) -> None:
        for key, exchanges in exchanges_by_key(self._exchanges).items():
            if refuses_key(exchanges[0]):
                continue
            self._add_key(key, server_of(exchanges))

    def _add_key(self, key: str, identity: Json) -> None:
        server = self._server(str(identity.get("server_name") or ""), str(identity.get("server_id") or ""))
        self.world.key_ring.set_keys(server, [*server.keys, key])

    def _server(self, name: str, server_id: str) -> Server:
        """The server with this name. A heartbeat may show the same name for two servers with two ids."""
        same = self.world.servers.get(name)
        if same is not None and server_id in ("", same.id):
            return same
        if same is not None or not name:
            name = f"server-of-key-{len(self.world.servers) + 1}"
        status = self._api.active_statuses[0]
        return self.world.insert_server(Server(server_id or self.world.random.uuid(), name, status, []))

    def _owner(self, exchange: Exchange) -> str | None:
        return self.world.key_ring.owner(key_of(exchange))

    # Listed tasks

    def _collect_listed_tasks(self) -> None:
        pages: list[list[str]] = []
        for exchange in self._exchanges:
            owner, page = self._owner(exchange), listed_tasks(exchange)
            if owner is not None and page is not None:
                for task in self._before_listing(exchange, page):
                    self._tasks.setdefault(str(task["id"]), (owner, task))
                cursor = requested_cursor(exchange)
                pages.append([*([cursor] if cursor else []), *(str(task["id"]) for task in page)])
        tasks = {task_id: task for task_id, (_, task) in self._tasks.items()}
        self._order = task_order(tasks, pages, self._order_hints())

    def _order_hints(self) -> Iterator[Pair]:
        """Which task comes before which other one, from what lists say about their other pages."""
        for task_list in self.pages:
            if task_list.tasks_before == 0 and task_list.cursor is None and task_list.is_full:
                last = str(task_list.page[-1]["id"])
                shown = {str(task["id"]) for task in task_list.page}
                yield from (
                    (last, task_id)
                    for task_id in self._tasks
                    if task_id not in shown and self._is_counted(task_list, task_id)
                )
        for ranks in self._ranks().values():
            yield from pairwise(sorted(ranks, key=lambda task_id: ranks[task_id]))

    def _ranks(self) -> dict[object, dict[str, int]]:
        """For each filter, how many tasks the lists before the first status change show before a task."""
        all_ranks: dict[object, dict[str, int]] = {}
        for task_list in self.pages:
            ranks = all_ranks.setdefault(task_list.filter, {})
            first = task_list.tasks_before
            if task_list.cursor is not None:
                first = ranks.get(task_list.cursor, -1) + 1
            if not task_list.changed_statuses and (task_list.cursor is None or first):
                for rank, task in enumerate(task_list.page, first):
                    ranks.setdefault(str(task["id"]), rank)
        return all_ranks

    def _before_listing(self, exchange: Exchange, page: list[Json]) -> list[Json]:
        """The tasks of a page as they were before the list, which may have set pending tasks to queued."""
        call = self._call(exchange) if self.world.hands_out_tasks else None
        pending, queued, *_ = self._api.statuses_in("waiting")
        if call is None or pending not in call.parameters["status"]:
            return page
        return [{**task, "status": pending} if task.get("status") == queued else task for task in page]

    def _collect_cursors(self) -> None:
        """Adds the task of each cursor that no list shows. It stands before the first task of its page."""
        for task_list in self._lists:
            if task_list.cursor is not None and task_list.cursor not in self._tasks and task_list.page:
                place = self._order.index(str(task_list.page[0]["id"]))
                self._collect_unlisted(task_list.cursor, task_list.owner, {}, place=place)
        self._collect_cursors_of_lists_without_bodies()

    def _collect_cursors_of_lists_without_bodies(self) -> None:
        """Adds the task of each cursor that the server took in a list whose body is not in the recording."""
        for exchange in self._exchanges:
            cursor, owner = requested_cursor(exchange), self._owner(exchange)
            is_taken = exchange.operation == "listTasks" and exchange.accepted and owner is not None
            if is_taken and listed_tasks(exchange) is None and cursor and cursor not in self._tasks:
                self._collect_unlisted(cursor, str(owner), {})

    # Tasks, customers' requests and accounts that no list shows

    def _collect_named_entities(self) -> None:
        named = [
            (owner, task_id, is_own)
            for exchange in self._exchanges
            if (owner := self._owner(exchange)) is not None
            for task_id, is_own in task_ownership(exchange)
        ]
        # Accepted updates come first: a task that is refused to one server may belong to another known one.
        for owner, task_id, is_accepted in sorted(named, key=lambda item: not item[2]):
            if task_id not in self._tasks:
                is_own = is_accepted and not self._is_missing_in_list(task_id, owner)
                self._collect_unlisted(task_id, owner if is_own else self._other_server(), {})
        for exchange in self._exchanges:
            if (owner := self._owner(exchange)) is not None:
                self._collect_named_entity(exchange, owner)

    def _is_missing_in_list(self, task_id: str, owner: str) -> bool:
        """Whether a complete list should show a task after its update, but no list shows it.

        Then the task probably belongs to another server, and the update should have been refused.
        """
        return any(
            task_list.owner == owner
            and task_list.is_complete
            and task_list.changed_statuses.get(task_id) in {*task_list.statuses} & _LASTING_STATUSES
            for task_list in self._lists
        )

    def _collect_named_entity(self, exchange: Exchange, owner: str) -> None:
        body = exchange.request_json()
        for field in ("request_id", "account_id"):
            entity_id = body.get(field) if isinstance(body, dict) else None
            if exchange.operation in ("setRequestStatus", "setAccountStatus") and isinstance(entity_id, str):
                entity_owner = self._entity_owner(exchange, owner)
                if entity_owner is not None and not self._is_known(field, entity_id.lower()):
                    self._assign_entity(entity_owner, field, entity_id.lower())

    def _entity_owner(self, exchange: Exchange, owner: str) -> str | None:
        if exchange.accepted:
            return owner
        return self._other_server() if exchange.status == 403 else None

    def _assign_entity(self, owner: str, field: str, entity_id: str) -> None:
        """Links a customer's request or an account to a task of the server `owner`.

        Chooses a task whose recorded fields do not include `field`. If there is none, adds a new task.
        """
        for task_id, (task_owner, task) in self._tasks.items():
            if task_owner == owner and field not in task:
                self._tasks[task_id] = owner, {**task, field: entity_id}
                return
        self._collect_unlisted(self.world.random.uuid(), owner, {field: entity_id})

    def _is_known(self, field: str, entity_id: str) -> bool:
        return any(str(task.get(field)).lower() == entity_id for _, task in self._tasks.values())

    def _other_server(self) -> str:
        return self._server(_OTHER_SERVER, "").name

    def _collect_unlisted(self, task_id: str, owner: str, fields: Json, *, place: int | None = None) -> None:
        """Adds a task with a status that no recorded list would show, if there is such a status.

        place: its index in the order of all tasks; None for the end.
        """
        status = self._unlisted_status(task_id, owner)
        if status is not None:
            self._tasks[task_id] = owner, {"status": status, **fields}
            self._order.insert(len(self._order) if place is None else place, task_id)

    def _unlisted_status(self, task_id: str, owner: str) -> str | None:
        complete = (
            task_list for task_list in self._lists if task_list.owner == owner and task_list.is_complete
        )
        listed = {
            status
            for task_list in complete
            if task_id not in task_list.changed_statuses
            for status in task_list.statuses
        }
        statuses = (_UNLISTED_STATUS, *self._api.enumeration("TaskStatus"))
        return next((status for status in statuses if status not in listed), None)

    # Tasks that only the counts of lists show

    def _invent_tasks(self) -> None:
        self._invent_tasks_on_earlier_pages()
        self._invent_tasks_on_later_pages()

    def _invent_tasks_on_earlier_pages(self) -> None:
        """Adds the tasks of earlier pages that the recording does not show.

        Example: a page begins with task 21 of the list, and only 15 earlier tasks are known. So 5 are added.
        They get the status of the first task of the page, unless a list shows all tasks in this status.
        """
        complete = self._completely_listed()
        for task_list in sorted(self._lists, key=lambda task_list: task_list.tasks_before):
            if task_list.page and task_list.cursor is None and not task_list.follows_update:
                place = self._order.index(str(task_list.page[0]["id"]))
                missing = task_list.tasks_before - self._count(task_list, self._order[:place])
                statuses = (str(task_list.page[0].get("status")), *task_list.statuses)
                hidden = (status for status in statuses if (task_list.owner, status) not in complete)
                task = {**task_list.page[0], "status": next(hidden, statuses[0])}
                self._invent(missing, task_list.owner, task, place)

    def _invent_tasks_on_later_pages(self) -> None:
        """Adds tasks if the total of a full page, or of a page behind a cursor, is larger than their number.

        The lists before the first status change are processed first, then the other lists. In both groups,
        narrow filters come before wide filters. So a task that a narrow filter counted is not added again for
        a wide filter.

        All tasks that are added for one list get the same status: the first status of its filter that no list
        with the same service type has counted before. If there is no such status, a list before the first
        status change takes the first status of its filter, and a list after it adds no tasks. A status is
        never taken if a list before the first status change showed all tasks with it.
        """
        complete = self._completely_listed()
        counted: set[tuple[str, str, object]] = set()
        for task_list in sorted(self._lists, key=lambda item: (bool(item.changed_statuses), item.width)):
            groups = [(task_list.owner, status, task_list.service_type) for status in task_list.statuses]
            incomplete = [group for group in groups if group[:2] not in complete]
            uncounted = [group for group in incomplete if group not in counted]
            hides_tasks = task_list.is_full or (task_list.is_end and task_list.cursor in self._tasks)
            if hides_tasks and incomplete and (uncounted or not task_list.changed_statuses):
                _, status, _ = (uncounted or incomplete)[0]
                missing = task_list.total - self._count(task_list, self._order)
                task = {**task_list.page[-1], "status": status}
                self._invent(missing, task_list.owner, task, self._hidden_place(task_list))
            counted.update(groups)

    def _hidden_place(self, task_list: CountedList) -> int:
        """Where the tasks stand that a list counts, but does not show.

        They are behind all other tasks. If a page behind a cursor shows the end of the list, they are before
        this cursor.
        """
        ends = (
            self._order.index(end.cursor)
            for end in self._lists
            if end.is_end and end.cursor in self._tasks and end.has_filter_of(task_list)
        )
        return min(ends, default=len(self._order))

    def _completely_listed(self) -> set[tuple[str, str]]:
        """Pairs of a server and a status.

        For each pair, a list before the first status change showed all tasks of the server in this status.
        """
        lists = (
            task_list for task_list in self._lists if task_list.is_complete and not task_list.changed_statuses
        )
        return {(task_list.owner, status) for task_list in lists for status in task_list.statuses}

    def _listed_pages(self) -> Iterator[CountedList]:
        changed: dict[str, str] = {}
        follows_update = False
        for exchange in self._exchanges:
            statuses = {} if lacks_json_type(exchange, self._api) else statuses_set(exchange)
            if statuses:
                changed, follows_update = {**changed, **statuses}, True
            owner, page = self._owner(exchange), listed_tasks(exchange)
            call = self._call(exchange) if page is not None else None
            if owner is None or page is None or call is None:
                continue
            before = self._before_listing(exchange, page)
            yield CountedList(
                owner, call, before, exchange.answer_json(), changed, follows_update, exchange.number
            )
            if self.world.hands_out_tasks:
                changed = {**changed, **{str(task["id"]): str(task.get("status")) for task in page}}

    def _invent(self, count: int, owner: str, task: Json, place: int) -> None:
        new_ids = [self.world.random.uuid() for _ in range(count if count <= _MAX_INVENTED_TASKS else 0)]
        self._tasks.update(dict.fromkeys(new_ids, (owner, task)))
        self._order[place:place] = new_ids

    def _count(self, task_list: CountedList, task_ids: Iterable[str]) -> int:
        """How many of these tasks match the filters of the list."""
        return sum(self._is_counted(task_list, task_id) for task_id in task_ids)

    def _is_counted(self, task_list: CountedList, task_id: str) -> bool:
        """Whether a known task matches the filters of the list."""
        owner, task = self._tasks[task_id]
        return (
            owner == task_list.owner
            and task_list.changed_statuses.get(task_id, task.get("status")) in task_list.statuses
            and task_list.service_type in (None, task.get("service_type"))
        )

    def _call(self, exchange: Exchange) -> Call | None:
        try:
            match = self._api.match(exchange.method, exchange.path)
            return match.operation.parse_request(match.path_values, exchange.query, exchange.request_body)
        except FlawError:
            return None

    # The entities of the world

    def _add_task(self, task_id: str, place: int) -> None:
        owner, task = self._tasks[task_id]
        status = task.get("status")
        known = self._api.enumeration("TaskStatus")
        self.world.add_task(
            Task(
                id=task_id,
                place=place,
                server=owner,
                request=self._request(task),
                account=self._account(task),
                service_type=_text_or_empty(task.get("service_type")),
                site_id=_text_or_empty(task.get("site_id")),
                site_name=_text_or_empty(task.get("site_name")),
                created_at=_time(task.get("created_at")) or self.world.clock.begin,
                status=status if status in known else known[0],
                config=_text(task.get("config"), "{}"),
                details=task.get("details"),
                retry_count=int(number_or_zero(task.get("retry_count"))),
                max_retries=int(number_or_zero(task.get("max_retries", 3))),
                started_at=_time(task.get("started_at")),
                link_profile=_text(task.get("link_profile"), ""),
                link_post=_text(task.get("link_post"), ""),
            )
        )

    def _request(self, task: Json) -> CustomerRequest:
        request_id = str(task.get("request_id") or self.world.random.uuid()).lower()
        if request_id not in self.world.requests:
            name, website, request_type = (
                _text_or_empty(task.get(field))
                for field in ("request_name", "request_website", "type_request")
            )
            price = number_or_zero(task.get("auction_price"))
            self.world.add_request(CustomerRequest(request_id, name, website, request_type, price, "active"))
        return self.world.requests[request_id]

    def _account(self, task: Json) -> Account:
        email, username, password, about = (
            _text_or_empty(task.get(field)) for field in ("email", "username", "password", "about")
        )
        account_id, fields = task.get("account_id"), (email, username, password, about)
        if account_id is not None or fields not in self._accounts:
            new_id = str(account_id or self.world.random.uuid())
            account = Account(new_id, email, username, password, about, "active")
            self._accounts[fields] = self.world.add_account(account)
        return self._accounts[fields]


class _SingleReconstruction(_Reconstruction):
    """Builds the world just before one exchange of an incomplete recording.

    Requests that are not recorded may have changed everything but the `facts`.
    """

    def __init__(self, capsule: Capsule, dialect: Dialect, name: str, facts: LastingFacts) -> None:
        self._facts = facts
        super().__init__(capsule, dialect, name)

    def _add_servers(self) -> None:
        """A key that is refused here may have been accepted before: its server may be offline now.

        A heartbeat that is not recorded may have given the server another name, even the name of another
        server. So the server of this exchange gets its name first.
        """
        refused = {key_of(exchange) for exchange in self._exchanges if refuses_key(exchange)}
        used = set(map(key_of, self._exchanges))
        used_first = sorted(self._facts.servers.items(), key=lambda item: item[0] not in used)
        for key, identity in used_first:
            if key not in refused and (identity or key in used):
                shown = server_of(self._exchanges) if key in used else {}
                name = shown.get("server_name", identity.get("server_name"))
                self._add_key(key, {**identity, "server_name": name})

    def _collect_listed_tasks(self) -> None:
        super()._collect_listed_tasks()
        for task_id, (owner, task) in self._tasks.items():
            lasting = {
                field: value
                for field, value in self._facts.fields.get(task_id.lower(), {}).items()
                if task.get(field) is not None
            }
            self._tasks[task_id] = self._known_owner(task_id, owner) or owner, {**task, **lasting}

    def _known_owner(self, task_id: str, asking: str) -> str | None:
        """The server to which another exchange listed a task.

        None if there is no such list, or if nothing shows that the asking server is not the same one.
        """
        key = self._facts.owners.get(task_id.lower())
        server = None if key is None else self.world.key_ring.owner(key)
        is_named = any(
            identity and self.world.key_ring.owner(key) == asking
            for key, identity in self._facts.servers.items()
        )
        return server if is_named else None

    def _collect_cursors(self) -> None:
        """The task of the cursor may have any status: it gets one that the request does not ask for."""
        for task_list in self.pages:
            cursor = task_list.cursor
            if cursor is not None and cursor not in self._tasks and task_list.page:
                statuses = (_UNLISTED_STATUS, *self._api.enumeration("TaskStatus"))
                unasked = (status for status in statuses if status not in task_list.statuses)
                owner = self._known_owner(cursor, task_list.owner) or task_list.owner
                self._tasks[cursor] = owner, {"status": next(unasked, _UNLISTED_STATUS)}
                self._order.insert(0, cursor)

    def _collect_named_entities(self) -> None:
        for exchange in self._exchanges:
            owner = self._owner(exchange)
            if owner is None:
                continue
            for task_id in named_tasks(exchange):
                task_owner = self._known_owner(task_id, owner) or self._owner_by_answer(
                    exchange, task_id, owner
                )
                if task_owner is not None and task_id not in self._tasks:
                    status = status_before(exchange, task_id, self._api.flow) or _UNLISTED_STATUS
                    self._tasks[task_id] = task_owner, {"status": status}
                    self._order.append(task_id)
            self._collect_named_entity(exchange, owner)

    def _owner_by_answer(self, exchange: Exchange, task_id: str, owner: str) -> str | None:
        """The server of a task, by the answer to its update alone. None if the task does not exist."""
        is_own = dict(task_ownership(exchange)).get(task_id)
        if is_own is not None:
            return owner if is_own else self._other_server()
        if exchange.operation == "bulkUpdateTasks":
            errors = {
                str(link_id_of(result)).lower(): error_of(result)
                for result in bulk_results_of(exchange.answer_json())
            }
            return (
                owner if errors.get(task_id) not in (None, self._api.dialect["bulk-missing-code"]) else None
            )
        return None if exchange.status == 404 else owner

    def _invent_tasks(self) -> None:
        for task_list in self.pages:
            before, behind = self._hidden_counts(task_list)
            shown = task_list.page[0] if task_list.page else {"service_type": task_list.service_type}
            task = {**shown, "status": task_list.statuses[0]} if task_list.statuses else shown
            self._invent(max(0, before), task_list.owner, task, 0)
            self._invent(max(0, behind), task_list.owner, task, len(self._order))

    def _hidden_counts(self, task_list: CountedList) -> tuple[int, int]:
        """How many tasks of the list stand before the page, and how many stand behind it."""
        page, total = task_list.page, task_list.total
        if task_list.cursor is None:
            before = task_list.tasks_before if page else min(total, task_list.tasks_before)
            return before, (total - before - len(page) if task_list.is_full else 0)
        if not self._counts_all:
            return 0, (total - len(page) if task_list.is_full else 0)
        hidden = total - self._count(task_list, self._order)
        is_last_page = not task_list.is_full or next_cursor_of(task_list.answer) is None
        return (hidden, 0) if is_last_page else (0, hidden)


def _text(value: object, default: str) -> str:
    """The value if it is a text, otherwise the default. The mock must not repeat a server's mistake."""
    return value if isinstance(value, str) else default


def _text_or_empty(value: object) -> str:
    """The value as text. Null is an empty text."""
    return "" if value is None else str(value)


def _time(value: object) -> float | None:
    try:
        return read_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
