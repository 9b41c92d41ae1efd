"""How worlds begin: from a plan, or as the default world."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workerkit.mockserver.chance import Chance
from workerkit.mockserver.clock import Clock, Timer
from workerkit.mockserver.director import Director
from workerkit.mockserver.dispatch import dispatch
from workerkit.mockserver.entities import Account, Request
from workerkit.mockserver.world import World
from workerkit.mockserver.worlds import DEFAULT
from workerkit.openapi.api import worker_api
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
    """Founds a world: the same one each time it is called.

    Without a seed the world's time begins now; with one it begins at the time of the page's examples, so that
    the same requests are answered with the same bytes wherever and whenever they are sent. The default world
    comes without its tasks where `tasks` is False.
    """

    scenario: Scenario | None = None
    seed: int | None = None
    now: Callable[[], float] = time.time
    timer: Timer = time.monotonic
    tasks: bool = True

    def __call__(self, name: str) -> Director:
        """A new world of this name with its director, its clock not yet running."""
        begin = float(int(self.now())) if self.seed is None else PAGE_TIME
        clock = Clock(begin, self.timer)
        if self.scenario is None:
            owners = _DEFAULT_TASKS if self.tasks else ()
            return Director(_default_world(name, clock, Chance(self._seed(_DEFAULT_SEED)), owners))
        plan = self.scenario.world
        world = _planned_world(name, clock, Chance(self._seed(plan.seed)), plan)
        return Director(world, self.scenario)

    def _seed(self, otherwise: int) -> int:
        return otherwise if self.seed is None else self.seed


def _planned_world(name: str, clock: Clock, chance: Chance, plan: WorldPlan) -> World:
    """The world that a scenario describes."""
    world = _inhabited_world(name, clock, chance, plan.servers)
    groups = [group for group in plan.tasks for _ in range(group.count)]
    for index, group in enumerate(groups):
        fields = {**group.fields, "server": group.server}
        dispatch(world, fields, created_at=clock.begin - len(groups) + index)
    return world


def _default_world(name: str, clock: Clock, chance: Chance, owners: Sequence[str]) -> World:
    """The world of `serve`: three servers, tasks over all statuses, and the page's key for the first."""
    world = _inhabited_world(name, clock, chance, _DEFAULT_SERVERS)
    if name == DEFAULT:
        first = world.server("server-01")
        world.set_keys(first, [*first.keys, PAGE_KEY])
    statuses = worker_api().enumeration("TaskStatus")
    for index, owner in enumerate(chance.sample(owners, len(owners))):
        fields = {"server": owner, "status": statuses[index % len(statuses)]}
        dispatch(world, fields, created_at=clock.begin - len(owners) + index)
    return world


def _inhabited_world(name: str, clock: Clock, chance: Chance, servers: tuple[ServerPlan, ...]) -> World:
    world = World(name, clock, chance)
    for number, each in enumerate(_REQUESTS):
        website = f"https://customer-{number + 1}.example"
        price = 100 * (number + 1)
        world.add_request(Request(chance.uuid(), each, website, "normal", price, "running"))
    for each in _ACCOUNTS:
        email, password = f"{each}@mail.example", f"pass-{chance.getrandbits(40):010x}"
        world.add_account(Account(chance.uuid(), email, f"{each}123", password, "Bio text", "active"))
    for server in servers:
        world.add_server(server.name, server.status, [server.key or _key(server.name, name)])
    return world


def _key(server: str, world: str) -> str:
    return f"{server}-key" if world == DEFAULT else f"{server}-key-{world}"
