"""A world made from what was seen of a server: tasks as it listed them, servers by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.counted_links import CountedList
from workerkit.mockserver.capsules.replay.evidence import by_key, number, refuses_key
from workerkit.mockserver.capsules.replay.replay_mock import Found
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.entities import Account, CustomerRequest, Server, Task
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    Json,
    cursor_of,
    key_of,
    page_of,
    server_told,
    statuses_set,
    tasks_told,
)
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call

# Whoever seeds another server takes a smaller number, and gets other ids.
_SEED = 0xCA95_01E5
_STRANGER = "another-server"
# A server that says there are more is taken at its word by nobody.
_MOST_INVENTED = 50_000
_HIDDEN = "running"  # not among the tasks that are listed without a filter, and any step may follow it


def reconstructed(capsule: Capsule, dialect: Dialect) -> Found:
    """Founds the world, in a dialect, in which what was recorded would have been answered so."""
    return lambda name: Director(_Building(capsule, dialect, name).world)


class _Building:
    """The world as far as it is known, and what builds it."""

    def __init__(self, capsule: Capsule, dialect: Dialect, name: str) -> None:
        self._api = worker_api(dialect)
        self._exchanges = [recorded.exchange for recorded in capsule.recorded]
        self.world = World(name, Clock(capsule.began), Chance(_SEED), self._api)
        self._order: list[str] = []
        self._precedes: Callable[[Json, Json], bool] = lambda one, other: False
        self._tasks: dict[str, tuple[str, Json]] = {}
        self._accounts: dict[tuple[str, ...], Account] = {}
        self._servers()
        self._listings()
        self._lists = list(self._counted())
        self._named()
        self._lead()
        self._fill()
        for place, task_id in enumerate(self._order, 1):
            self._add(task_id, place)
        self.world.resume(keys=self.world.bookkeeping()["keys"], counted=[], last_place=len(self._order) + 1)

    # Servers

    def _servers(self) -> None:
        for key, exchanges in by_key(self._exchanges).items():
            if refuses_key(exchanges[0]):
                continue
            told = next(filter(None, map(server_told, exchanges)), {})
            server = self._server(str(told.get("server_name") or ""), str(told.get("server_id") or ""))
            self.world.set_keys(server, [*server.keys, key])

    def _server(self, name: str, server_id: str) -> Server:
        name = name or f"server-of-key-{len(self.world.servers) + 1}"
        if name in self.world.servers:
            return self.world.servers[name]
        status = self._api.active_statuses[0]
        return self.world.take_server(Server(server_id or self.world.chance.uuid(), name, status, []))

    def _owner(self, exchange: Exchange) -> str | None:
        return self.world.key_owner(key_of(exchange))

    # Tasks that were listed

    def _listings(self) -> None:
        pages = [(each, page) for each in self._exchanges if (page := page_of(each)) is not None]
        self._precedes = _order_of([page for _, page in pages])
        for exchange, page in pages:
            owner = self._owner(exchange)
            if owner is not None:
                self._take_page(owner, page, cursor_of(exchange))

    def _take_page(self, owner: str, page: list[Json], after: object) -> None:
        before = str(after) if after in self._tasks else None
        for item in page:
            task_id = str(item["id"])
            if task_id not in self._tasks:
                self._order.insert(self._place(item, before), task_id)
                self._tasks[task_id] = owner, item
            before = task_id

    def _place(self, item: Json, before: str | None) -> int:
        """Behind the one that it stood behind, and behind what is listed before it by its time."""
        place = 0 if before is None else self._order.index(before) + 1
        while place < len(self._order) and self._precedes(self._tasks[self._order[place]][1], item):
            place += 1
        return place

    # What was not listed, and yet has to be there

    def _named(self) -> None:
        for exchange in self._exchanges:
            owner = self._owner(exchange)
            for task_id, was_own in tasks_told(exchange):
                if owner is not None and task_id not in self._tasks:
                    self._hide(task_id, owner if was_own else self._stranger(), {})
            if owner is not None:
                self._named_entity(exchange, owner)

    def _named_entity(self, exchange: Exchange, owner: str) -> None:
        sent = exchange.sent()
        for name in ("request_id", "account_id"):
            entity_id = sent.get(name) if isinstance(sent, dict) else None
            if exchange.operation in ("setRequestStatus", "setAccountStatus") and isinstance(entity_id, str):
                whose = owner if exchange.accepted else self._stranger() if exchange.status == 403 else None
                if whose is not None and not self._is_known(name, entity_id.lower()):
                    self._relate(whose, name, entity_id.lower())

    def _relate(self, owner: str, name: str, entity_id: str) -> None:
        """Makes the request or account one of a server's tasks': of one that was not told whose it is."""
        for task_id, (whose, item) in self._tasks.items():
            if whose == owner and name not in item:
                self._tasks[task_id] = owner, {**item, name: entity_id}
                return
        self._hide(self.world.chance.uuid(), owner, {name: entity_id})

    def _is_known(self, name: str, entity_id: str) -> bool:
        return any(str(item.get(name)).lower() == entity_id for _, item in self._tasks.values())

    def _stranger(self) -> str:
        return self._server(_STRANGER, "").name

    def _hide(self, task_id: str, owner: str, item: Json) -> None:
        """Adds a task in a status in which nobody looked; none where each list would have shown it."""
        status = self._unlisted(task_id, owner)
        if status is not None:
            self._tasks[task_id] = owner, {"status": status, **item}
            self._order.append(task_id)

    def _unlisted(self, task_id: str, owner: str) -> str | None:
        whole = (each for each in self._lists if each.owner == owner and each.is_whole)
        listed = {status for each in whole if task_id not in each.since for status in each.statuses}
        statuses = (_HIDDEN, *self._api.enumeration("TaskStatus"))
        return next((status for status in statuses if status not in listed), None)

    def _lead(self) -> None:
        """Adds tasks before a page that is not the first, where fewer were listed than it goes past."""
        for each in sorted(self._lists, key=lambda each: each.passed):
            if each.page and not each.since:
                place = self._order.index(str(each.page[0]["id"]))
                missing = each.passed - self._count(each, self._order[:place])
                self._invent(missing, each.owner, each.page[0], place)

    def _fill(self) -> None:
        """Adds tasks where a full page said that there are more in all than were ever listed.

        Lists from before any change come first, and narrow filters before wide ones: what was counted is not
        added again for a wider filter. A later list adds only what none has counted, and no list what another
        one had whole.
        """
        seen = self._seen_whole()
        counted: set[tuple[str, str, object]] = set()
        for each in sorted(self._lists, key=lambda each: (bool(each.since), each.width)):
            kinds = [(each.owner, status, each.service) for status in each.statuses]
            unseen = [kind for kind in kinds if kind[:2] not in seen]
            uncounted = [kind for kind in unseen if kind not in counted]
            if each.is_full and unseen and (uncounted or not each.since):
                _, status, _ = (uncounted or unseen)[0]
                missing = each.total - self._count(each, self._order)
                self._invent(missing, each.owner, {**each.page[-1], "status": status}, len(self._order))
            counted.update(kinds)

    def _seen_whole(self) -> set[tuple[str, str]]:
        """Whose tasks, in which status, were all listed before any was changed."""
        first = (each for each in self._lists if each.is_whole and not each.since)
        return {(each.owner, status) for each in first for status in each.statuses}

    def _counted(self) -> Iterator[CountedList]:
        """The lists without a cursor."""
        since: dict[str, str] = {}
        for exchange in self._exchanges:
            since = {**since, **given} if (given := statuses_set(exchange)) else since
            owner, page = self._owner(exchange), page_of(exchange)
            call = self._call(exchange) if page is not None else None
            if owner is not None and page is not None and call is not None and "after" not in call.given:
                yield CountedList(owner, call, page, exchange.answered(), since)

    def _invent(self, count: int, owner: str, item: Json, place: int) -> None:
        made = [self.world.chance.uuid() for _ in range(count if count <= _MOST_INVENTED else 0)]
        self._tasks.update(dict.fromkeys(made, (owner, item)))
        self._order[place:place] = made

    def _count(self, asked: CountedList, task_ids: Iterable[str]) -> int:
        """How many of these tasks the list counted."""
        tasks = ((task_id, *self._tasks[task_id]) for task_id in task_ids)
        return sum(
            asked.since.get(task_id, item.get("status")) in asked.statuses
            and asked.service in (None, item.get("service_type"))
            for task_id, whose, item in tasks
            if whose == asked.owner
        )

    def _call(self, exchange: Exchange) -> Call | None:
        try:
            match = self._api.match(exchange.method, exchange.path)
            return match.operation.read(match.path_values, exchange.query, exchange.request_body)
        except FlawError:
            return None

    # Building

    def _add(self, task_id: str, place: int) -> None:
        owner, item = self._tasks[task_id]
        status = item.get("status")
        known = self._api.enumeration("TaskStatus")
        self.world.add_task(
            Task(
                id=task_id,
                place=place,
                server=owner,
                request=self._request(item),
                account=self._account(item),
                service_type=str(item.get("service_type", "")),
                site_id=str(item.get("site_id", "")),
                site_name=str(item.get("site_name", "")),
                created_at=_time(item.get("created_at")) or self.world.clock.begin,
                status=status if status in known else known[0],
                config=_text(item.get("config"), "{}"),
                details=item.get("details"),
                retry_count=int(number(item.get("retry_count"))),
                max_retries=int(number(item.get("max_retries", 3))),
                started_at=_time(item.get("started_at")),
                link_profile=_text(item.get("link_profile"), ""),
                link_post=_text(item.get("link_post"), ""),
            )
        )

    def _request(self, item: Json) -> CustomerRequest:
        request_id = str(item.get("request_id") or self.world.chance.uuid()).lower()
        if request_id not in self.world.requests:
            name, website, kind = (
                str(item.get(each, "")) for each in ("request_name", "request_website", "type_request")
            )
            price = number(item.get("auction_price"))
            self.world.add_request(CustomerRequest(request_id, name, website, kind, price, "active"))
        return self.world.requests[request_id]

    def _account(self, item: Json) -> Account:
        email, username, password, about = (
            str(item.get(name, "")) for name in ("email", "username", "password", "about")
        )
        account_id, told = item.get("account_id"), (email, username, password, about)
        if account_id is not None or told not in self._accounts:
            new_id = str(account_id or self.world.chance.uuid())
            account = Account(new_id, email, username, password, about, "active")
            self._accounts[told] = self.world.add_account(account)
        return self._accounts[told]


def _order_of(pages: list[list[Json]]) -> Callable[[Json, Json], bool]:
    """Which of two tasks is listed first, as far as their times of creation say."""
    times = [[str(item.get("created_at")) for item in page] for page in pages]
    if all(time == sorted(time) for time in times):
        return lambda one, other: str(one.get("created_at")) <= str(other.get("created_at"))
    if all(time == sorted(time, reverse=True) for time in times):
        return lambda one, other: str(one.get("created_at")) >= str(other.get("created_at"))
    return lambda one, other: False


def _text(value: object, otherwise: str) -> str:
    """What a server told, where it is a text, as the page says: what is none must not come back as it is."""
    return value if isinstance(value, str) else otherwise


def _time(value: object) -> float | None:
    try:
        return read_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
