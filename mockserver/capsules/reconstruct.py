"""A world made from what was seen of a server: tasks as it listed them, servers by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.stage import Found
from workerkit.mockserver.chance import Chance
from workerkit.mockserver.clock import Clock
from workerkit.mockserver.director import Director
from workerkit.mockserver.entities import Account, Request, Server, Task
from workerkit.mockserver.world import World
from workerkit.openapi.api import worker_api
from workerkit.openapi.dialect import Dialect
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.flaw import Flaw
from workerkit.openapi.instant import read_time
from workerkit.openapi.operation import Call
from workerkit.scenarios.capsule import Capsule

Json = Mapping[str, Any]
# Whoever seeds another server takes a smaller number, and gets other ids.
_SEED = 0xCA95_01E5
_STRANGER = "another-server"
_SUBJECTS = ("updateTask", "updateLink", "completeLink")
_HIDDEN = "running"  # not among the tasks that are listed without a filter


def reconstructed(capsule: Capsule, dialect: Dialect) -> Found:
    """Founds the world, in a dialect, in which what was recorded would have been answered so."""
    return lambda name: Director(_Building(capsule, dialect, name).world)


class _Building:
    """The world as far as it is known, and what builds it."""

    def __init__(self, capsule: Capsule, dialect: Dialect, name: str) -> None:
        self._api = worker_api(dialect)
        self._exchanges = [each.exchange for each in capsule.recorded]
        self.world = World(name, Clock(capsule.began), Chance(_SEED), self._api)
        self._order: list[str] = []
        self._precedes: Callable[[Json, Json], bool] = lambda one, other: False
        self._tasks: dict[str, tuple[str, Json]] = {}
        self._accounts: dict[tuple[str, ...], Account] = {}
        self._servers()
        self._listings()
        self._named()
        self._fill()
        for place, task_id in enumerate(self._order, 1):
            self._add(task_id, place)
        self.world.resume(keys=self.world.bookkeeping()["keys"], counted=[], last_place=len(self._order) + 1)

    # Servers

    def _servers(self) -> None:
        for key, exchanges in _by_key(self._exchanges).items():
            if exchanges[0].status == 401:
                continue
            told = next(filter(None, map(_server_told, exchanges)), {})
            server = self._server(str(told.get("server_name") or ""), str(told.get("server_id") or ""))
            self.world.set_keys(server, [*server.keys, key])

    def _server(self, name: str, server_id: str) -> Server:
        name = name or f"server-of-key-{len(self.world.servers) + 1}"
        if name in self.world.servers:
            return self.world.servers[name]
        status = self._api.active_statuses[0]
        return self.world.take_server(Server(server_id or self.world.chance.uuid(), name, status, []))

    def _owner(self, exchange: Exchange) -> str | None:
        return self.world.key_owner(_key(exchange))

    # Tasks that were listed

    def _listings(self) -> None:
        pages = [(each, page) for each in self._exchanges if (page := _page(each)) is not None]
        self._precedes = _order_of([page for _, page in pages])
        for exchange, page in pages:
            owner = self._owner(exchange)
            if owner is not None:
                self._take_page(owner, page, _asked(exchange).get("after"))

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
            for task_id, was_own in _told_of_tasks(exchange):
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
        self._tasks[task_id] = owner, {"status": _HIDDEN, **item}
        self._order.append(task_id)

    def _fill(self) -> None:
        """Adds tasks where a full page said that there are more in all than were ever listed.

        Lists from before any change come first, and narrow filters before wide ones: what was counted is not
        added again for a wider filter. A later list adds only what none has counted.
        """
        counted: set[tuple[str, str, object]] = set()
        for each in sorted(self._totals(), key=lambda each: (bool(each.since), each.width)):
            kinds = [(each.owner, status, each.service) for status in each.statuses]
            uncounted = [kind[1] for kind in kinds if kind not in counted]
            if each.is_full and (uncounted or not each.since):
                status = next(iter(uncounted), kinds[0][1])
                missing = each.total - self._count(each)
                self._invent(missing, each.owner, {**each.page[-1], "status": status})
            counted.update(kinds)

    def _totals(self) -> Iterator[_Total]:
        """The lists without a cursor."""
        since: dict[str, str] = {}
        for exchange in self._exchanges:
            since = {**since, **given} if (given := _set_by(exchange)) else since
            owner, page = self._owner(exchange), _page(exchange)
            call = self._call(exchange) if page is not None else None
            if owner is not None and page is not None and call is not None and "after" not in call.given:
                yield _Total(owner, call, page, exchange.answered(), since)

    def _invent(self, count: int, owner: str, item: Json) -> None:
        for _ in range(count):
            self._tasks[task_id := self.world.chance.uuid()] = owner, item
            self._order.append(task_id)

    def _count(self, asked: _Total) -> int:
        """How many of the tasks that are known the list counted."""
        return sum(
            asked.since.get(task_id, item.get("status")) in asked.statuses
            and asked.service in (None, item.get("service_type"))
            for task_id, (whose, item) in self._tasks.items()
            if whose == asked.owner
        )

    def _call(self, exchange: Exchange) -> Call | None:
        try:
            match = self._api.match(exchange.method, exchange.path)
            return match.operation.read(match.path_values, exchange.query, exchange.request_body)
        except Flaw:
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
                retry_count=int(_number(item.get("retry_count"))),
                max_retries=int(_number(item.get("max_retries", 3))),
                started_at=_time(item.get("started_at")),
                link_profile=_text(item.get("link_profile"), ""),
                link_post=_text(item.get("link_post"), ""),
            )
        )

    def _request(self, item: Json) -> Request:
        request_id = str(item.get("request_id") or self.world.chance.uuid()).lower()
        if request_id not in self.world.requests:
            name, website, kind = (
                str(item.get(each, "")) for each in ("request_name", "request_website", "type_request")
            )
            price = _number(item.get("auction_price"))
            self.world.add_request(Request(request_id, name, website, kind, price, "active"))
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


@dataclass(frozen=True, slots=True)
class _Total:
    """A list that counted tasks: whose it is, what was asked for, the page, the answer.

    In `since` are the statuses that tasks were given by then.
    """

    owner: str
    call: Call
    page: list[Json]
    answer: Json
    since: Mapping[str, str]

    @property
    def statuses(self) -> list[str]:
        """The statuses that it was asked for."""
        return list(self.call.parameters["status"])

    @property
    def service(self) -> str | None:
        """The type of service that it was asked for; None for all."""
        service = self.call.parameters["service_type"]
        return None if service is None else str(service)

    @property
    def width(self) -> tuple[bool, int]:
        """How much its filters let through: one service or all, so many statuses."""
        return self.service is None, len(self.statuses)

    @property
    def total(self) -> int:
        """How many tasks it said there are."""
        return int(_number(self.answer.get("total")))

    @property
    def is_full(self) -> bool:
        """Whether there may be more tasks than it has on its page."""
        return bool(self.page) and len(self.page) >= int(_number(self.answer.get("limit")))


def _order_of(pages: list[list[Json]]) -> Callable[[Json, Json], bool]:
    """Which of two tasks is listed first, as far as their times of creation say."""
    times = [[str(item.get("created_at")) for item in page] for page in pages]
    if all(each == sorted(each) for each in times):
        return lambda one, other: str(one.get("created_at")) <= str(other.get("created_at"))
    if all(each == sorted(each, reverse=True) for each in times):
        return lambda one, other: str(one.get("created_at")) >= str(other.get("created_at"))
    return lambda one, other: False


def _by_key(exchanges: list[Exchange]) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for each in exchanges:
        key = _key(each)
        if key and each.status is not None:
            found.setdefault(key, []).append(each)
    return found


def _key(exchange: Exchange) -> str:
    return next((text for name, text in exchange.request_headers if name == worker_api().key_header), "")


def _server_told(exchange: Exchange) -> Json:
    answer = exchange.answered() if exchange.accepted else None
    told = answer.get("data") if exchange.operation == "heartbeat" and isinstance(answer, dict) else answer
    return told if isinstance(told, dict) and "server_name" in told else {}


def _page(exchange: Exchange) -> list[Json] | None:
    answer = exchange.answered() if exchange.operation == "listTasks" and exchange.accepted else None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        return None
    return [each for each in data if isinstance(each, dict) and isinstance(each.get("id"), str)]


def _asked(exchange: Exchange) -> Mapping[str, str]:
    return dict(parse_qsl(exchange.query, keep_blank_values=True))


def _told_of_tasks(exchange: Exchange) -> Iterator[tuple[str, bool]]:
    """The tasks that an answer says are there, and whether they are the server's own."""
    if exchange.operation == "bulkUpdateTasks" and exchange.accepted:
        answer = exchange.answered()
        for each in answer.get("results", ()) if isinstance(answer, dict) else ():
            own = isinstance(each, dict) and each.get("success") is True
            if own or (isinstance(each, dict) and each.get("error") == worker_api().error_code(403)):
                yield str(each.get("link_id")).lower(), own
    elif exchange.operation in _SUBJECTS and (exchange.accepted or exchange.status == 403):
        match = worker_api().match(exchange.method, exchange.path)
        task_id = match.operation.subject_id(match.path_values, exchange.request_body)
        if task_id is not None:
            yield task_id.lower(), exchange.accepted


def _set_by(exchange: Exchange) -> dict[str, str]:
    """The statuses that an exchange gave to tasks, by their ids."""
    own = [task_id for task_id, was_own in _told_of_tasks(exchange) if was_own]
    sent = exchange.sent() if own else None
    if not isinstance(sent, dict):
        return {}
    if exchange.operation == "completeLink":
        return dict.fromkeys(own, "completed")
    items = sent.get("items", ()) if exchange.operation == "bulkUpdateTasks" else ()
    given = {str(each.get("link_id")).lower(): each.get("status") for each in items if isinstance(each, dict)}
    statuses = {task_id: given.get(task_id, sent.get("status")) for task_id in own}
    return {task_id: status for task_id, status in statuses.items() if isinstance(status, str)}


def _text(value: object, otherwise: str) -> str:
    """What a server told, where it is a text, as the page says: what is none must not come back as it is."""
    return value if isinstance(value, str) else otherwise


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0


def _time(value: object) -> float | None:
    try:
        return read_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
