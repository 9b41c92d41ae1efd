"""How worlds begin: from a plan, or as the default world."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workerkit.mockserver.chance import Chance
from workerkit.mockserver.clock import Clock, Timer
from workerkit.mockserver.director import Director
from workerkit.mockserver.dispatch import dispatch
from workerkit.mockserver.entities import Account, Request
from workerkit.mockserver.operations import ACTS
from workerkit.mockserver.world import World
from workerkit.mockserver.worlds import DEFAULT
from workerkit.openapi.api import Api, api_of
from workerkit.openapi.dialect import Dialect
from workerkit.openapi.document import Document, bundled
from workerkit.openapi.instant import read_time
from workerkit.scenarios.scenario import Scenario, ServerPlan, WorldPlan

PAGE_KEY = "your-server-key"
PAGE_TIME = read_time("2025-12-01T10:00:00Z")
_REQUESTS = ("Campaign A", "Campaign B", "Campaign C", "Campaign D")
_ACCOUNTS = ("an", "binh", "chi", "dung", "giang", "hoa")
_DEFAULT_SERVERS = (
    ServerPlan("server-01", "online"),
    ServerPlan("server-02", "active"),
    ServerPlan("server-03", "offline"),
)
_DEFAULT_TASKS = ("server-01",) * 250 + ("server-02",) * 25
_DEFAULT_SEED = 1


@dataclass(frozen=True, slots=True)
class Founder:
    """Founds a world: the same one each time it is called. Raises ValueError for a spec of another API.

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
        begin = float(int(self.now())) if self.seed is None else PAGE_TIME
        plan = self.world or (self.scenario.world if self.scenario else None)
        seed = self.seed if self.seed is not None else plan.seed if plan else _DEFAULT_SEED
        api = _checked(api_of(self.spec, self.dialect))
        world = World(name, Clock(begin, self.timer), Chance(seed), api)
        if plan is not None:
            _plan(world, plan)
        else:
            _fill_default(world, _DEFAULT_TASKS if self.tasks else ())
        return Director(world, self.scenario)


def _checked(api: Api) -> Api:
    if set(api.operations) != set(ACTS):
        raise ValueError(f"the spec and the mock differ in {set(api.operations) ^ set(ACTS)}")
    return api


def _plan(world: World, plan: WorldPlan) -> None:
    """Fills a world as a scenario describes it."""
    _inhabit(world, plan.servers)
    groups = [group for group in plan.tasks for _ in range(group.count)]
    for index, group in enumerate(groups):
        fields = {**group.fields, "server": group.server}
        dispatch(world, fields, created_at=world.clock.begin - len(groups) + index)


def _fill_default(world: World, owners: Sequence[str]) -> None:
    """Fills the world of `serve`: three servers, tasks over all statuses, the page's key for the first."""
    _inhabit(world, _DEFAULT_SERVERS)
    if world.name == DEFAULT:
        first = world.server("server-01")
        world.set_keys(first, [*first.keys, PAGE_KEY])
    statuses = world.api.enumeration("TaskStatus")
    for index, owner in enumerate(world.chance.sample(owners, len(owners))):
        fields = {"server": owner, "status": statuses[index % len(statuses)]}
        dispatch(world, fields, created_at=world.clock.begin - len(owners) + index)


def _inhabit(world: World, servers: tuple[ServerPlan, ...]) -> None:
    chance = world.chance
    for number, each in enumerate(_REQUESTS):
        website = f"https://customer-{number + 1}.example"
        price = 100 * (number + 1)
        world.add_request(Request(chance.uuid(), each, website, "normal", price, "running"))
    for each in _ACCOUNTS:
        email, password = f"{each}@mail.example", f"pass-{chance.getrandbits(40):010x}"
        world.add_account(Account(chance.uuid(), email, f"{each}123", password, "Bio text", "active"))
    for server in servers:
        world.add_server(server.name, server.status, [server.key or _key(server.name, world.name)])


def _key(server: str, world: str) -> str:
    return f"{server}-key" if world == DEFAULT else f"{server}-key-{world}"
