"""The world of a scenario: servers, tasks, customers' requests and accounts at its beginning."""

from __future__ import annotations

from dataclasses import dataclass, field

from workerkit.openapi.spec.dialect import Dialect
from workerkit.scenarios.fields.kinds import Moment, Price, ServerStatus
from workerkit.scenarios.model.task_group import TaskGroup


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A server of the world; without `key` whoever builds the world chooses one."""

    name: str
    status: ServerStatus = "online"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerRequestPlan:
    """A customer's request, which tasks belong to; without `website` whoever builds the world chooses one."""

    name: str
    website: str | None = None
    type: str = "normal"
    auction_price: Price = 100
    status: str = "running"


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account on sites; without `email` and `password` whoever builds the world chooses them."""

    username: str
    email: str | None = None
    password: str | None = None
    about: str = "Bio text"
    status: str = "active"


_REQUESTS = tuple(
    CustomerRequestPlan(f"Campaign {letter}", auction_price=100 * number)
    for number, letter in enumerate("ABCD", 1)
)

_ACCOUNTS = tuple(
    AccountPlan(f"{name}123", f"{name}@mail.example")
    for name in ("an", "binh", "chi", "dung", "giang", "hoa")
)


def called(plan: ServerPlan | CustomerRequestPlan | AccountPlan) -> str:
    """The name by which a scenario speaks of a server, a request or an account."""
    return plan.username if isinstance(plan, AccountPlan) else plan.name


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """What the world holds at the start. The first server is the worker's own.

    `dialect` says what the API does where its page is silent. `clock` is the time at which the world begins,
    in seconds since 1970; without it, now.
    """

    servers: tuple[ServerPlan, ...]
    tasks: tuple[TaskGroup, ...] = ()
    seed: int = 1
    requests: tuple[CustomerRequestPlan, ...] = _REQUESTS
    accounts: tuple[AccountPlan, ...] = _ACCOUNTS
    dialect: Dialect = field(default_factory=Dialect)
    clock: Moment | None = None

    @property
    def worker(self) -> ServerPlan:
        """The server in whose name the worker under test works."""
        return self.servers[0]
