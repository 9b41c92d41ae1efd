"""How worlds begin: from a plan, or as the default world."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workerkit.mockserver.world.clock import Clock, Timer
from workerkit.mockserver.world.entities import Account, CustomerRequest
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.group_tasks import create_group_task
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import Api, api_of
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document, bundled
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan, called

PAGE_KEY = "your-server-key"
PAGE_TIME = read_time("2025-12-01T10:00:00Z")
_DEFAULT_WORLD = WorldPlan(
    (
        ServerPlan("server-01", "online"),
        ServerPlan("server-02", "active"),
        ServerPlan("server-03", "offline"),
    )
)
_DEFAULT_TASKS = ("server-01",) * 250 + ("server-02",) * 25


class WorldLacksError(UsageError, ValueError):
    """A world lacks what the scenario that is to be played in it speaks of; the message names it."""


@dataclass(frozen=True, slots=True)
class WorldBuilder:
    """Founds a world: the same one each time it is called. Raises ValueError for another API's spec, Miscast.

    Without a seed the world's time begins now; with one it begins at the time of the page's examples, so that
    the same requests are answered with the same bytes wherever and whenever they are sent. The default world
    comes without its tasks where `tasks` is False; a `world` takes the place of the scenario's, or of the
    default one. The spec is the kit's own unless another is given.
    """

    scenario: Scenario | None = None
    world: WorldPlan | None = None
    seed: int | None = None
    dialect: Dialect = field(default_factory=Dialect)
    now: Callable[[], float] = time.time
    timer: Timer = time.monotonic
    tasks: bool = True
    spec: Document = field(default_factory=lambda: bundled("worker-api.yaml"))

    def __call__(self, name: str) -> Director:
        """A new world of this name with its director, its clock not yet running."""
        if self.world is not None and self.scenario is not None:
            _check_cast(self.world, self.scenario.world)
        given = self.world or (self.scenario.world if self.scenario else None)
        plan = given or _DEFAULT_WORLD
        api = _checked(api_of(self.spec, self._dialect(plan)))
        clock = Clock(self._begin(plan), self.timer)
        world = World(name, clock, Chance(plan.seed if self.seed is None else self.seed), api)
        _inhabit(world, plan)
        if given is None:
            _fill_default(world, _DEFAULT_TASKS if self.tasks else ())
        return Director(world, self.scenario, _add_tasks(world, plan))

    def _begin(self, plan: WorldPlan) -> float:
        if plan.clock is not None:
            return plan.clock
        return float(int(self.now())) if self.seed is None else PAGE_TIME

    def _dialect(self, plan: WorldPlan) -> Dialect:
        """The plan's, but for what is chosen beside it."""
        return Dialect(frozenset({**dict(plan.dialect.choices), **dict(self.dialect.choices)}.items()))


def _check_cast(world: WorldPlan, wanted: WorldPlan) -> None:
    """A scenario can only be played in a world that has what it speaks of."""
    for kind in ("servers", "requests", "accounts"):
        there = [called(each) for each in getattr(world, kind)]
        missing = [name for each in getattr(wanted, kind) if (name := called(each)) not in there]
        if missing:
            raise WorldLacksError(
                f"the world has no {missing[0]} among its {kind}, which the scenario speaks of"
            )


def _checked(api: Api) -> Api:
    if set(api.operations) != set(HANDLERS):
        raise ValueError(f"the spec and the mock differ in {set(api.operations) ^ set(HANDLERS)}")
    return api


def _add_tasks(world: World, plan: WorldPlan) -> dict[str, list[str]]:
    """Adds the tasks of a plan; returns the ids of those of each group with a name."""
    members: dict[str, list[str]] = {}
    groups = [group for group in plan.tasks for _ in range(group.count)]
    for index, group in enumerate(groups):
        task = create_group_task(world, group, created_at=world.clock.begin - len(groups) + index)
        if group.group is not None:
            members.setdefault(group.group, []).append(task.id)
    return members


def _fill_default(world: World, owners: Sequence[str]) -> None:
    """Fills the world of `serve`: tasks over all statuses, the page's key for the first server."""
    if world.name == DEFAULT:
        first = world.server("server-01")
        world.set_keys(first, [*first.keys, PAGE_KEY])
    statuses = world.api.enumeration("TaskStatus")
    for index, owner in enumerate(world.chance.sample(owners, len(owners))):
        fields = {"server": owner, "status": statuses[index % len(statuses)]}
        create_task(world, fields, created_at=world.clock.begin - len(owners) + index)


def _inhabit(world: World, plan: WorldPlan) -> None:
    chance = world.chance
    for number, each in enumerate(plan.requests, 1):
        website = each.website or f"https://customer-{number}.example"
        price = each.auction_price
        world.add_request(CustomerRequest(chance.uuid(), each.name, website, each.type, price, each.status))
    for account in plan.accounts:
        email = account.email or f"{account.username}@mail.example"
        password = account.password or f"pass-{chance.getrandbits(40):010x}"
        whose = (email, account.username, password)
        world.add_account(Account(chance.uuid(), *whose, account.about, account.status))
    for server in plan.servers:
        world.add_server(server.name, server.status, [server.key or _key(server.name, world.name)])


def _key(server: str, world: str) -> str:
    return f"{server}-key" if world == DEFAULT else f"{server}-key-{world}"
