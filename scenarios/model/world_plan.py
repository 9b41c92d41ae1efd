"""The world of a scenario at the start: its servers, tasks, customers' requests and accounts."""

from __future__ import annotations

from dataclasses import dataclass, field

from workerkit.openapi.spec.dialect import Dialect
from workerkit.scenarios.fields.kinds import Price, ServerStatus, Timestamp
from workerkit.scenarios.model.task_group import TaskGroup


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A server of the world. Without `key` the kit chooses a key."""

    name: str
    status: ServerStatus = "online"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerRequestPlan:
    """A customer's request. Tasks belong to it. Without `website` the kit chooses a website."""

    name: str
    website: str | None = None
    type: str = "normal"
    auction_price: Price = 100
    status: str = "running"


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account that tasks are done with. Without `email` or `password` the kit chooses them."""

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


def plan_name(plan: ServerPlan | CustomerRequestPlan | AccountPlan) -> str:
    """The name that a scenario uses for a server, a customer's request or an account."""
    return plan.username if isinstance(plan, AccountPlan) else plan.name


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """The world at the start.

    servers: the first one is the server that the worker under test works for.
    tasks: groups of equal tasks.
    seed: the seed of all random choices.
    requests: the customers' requests.
    accounts: the accounts that tasks are done with.
    dialect: how the API behaves in the matters that the API page leaves open.
    clock: the time of the world's clock at the start, in seconds since 1970. None for the real time.
    """

    servers: tuple[ServerPlan, ...]
    tasks: tuple[TaskGroup, ...] = ()
    seed: int = 1
    requests: tuple[CustomerRequestPlan, ...] = _REQUESTS
    accounts: tuple[AccountPlan, ...] = _ACCOUNTS
    dialect: Dialect = field(default_factory=Dialect)
    clock: Timestamp | None = None

    @property
    def worker_server(self) -> ServerPlan:
        """The server that the worker under test works for."""
        return self.servers[0]
