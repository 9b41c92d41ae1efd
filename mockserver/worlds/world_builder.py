"""Builds worlds: from a plan, from a scenario, or the default world."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.world.clock import Clock, Timer
from workerkit.mockserver.world.entities import Account, CustomerRequest
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.group_tasks import create_group_task
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import Api, api_of
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document, bundled_document
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan, plan_name

EXAMPLE_KEY = "your-server-key"  # the key and the time of the API page's examples
EXAMPLE_TIME = read_time("2025-12-01T10:00:00Z")
_DEFAULT_WORLD = WorldPlan(
    (
        ServerPlan("server-01", "online"),
        ServerPlan("server-02", "active"),
        ServerPlan("server-03", "offline"),
    )
)
_DEFAULT_TASK_SERVERS = ("server-01",) * 250 + ("server-02",) * 25


class RepeatedKeyError(UsageError, ValueError):
    """Two servers of a world have the same API key. The message names the servers."""


class MissingEntityError(UsageError, ValueError):
    """A scenario uses a server, request or account that the world does not have. The message names it."""


@dataclass(frozen=True, slots=True)
class WorldBuilder:
    """Builds a world, with the same content on each call.

    scenario: the scenario to run on the world, or None.
    plan: the content of the world. None: the scenario's world or, without a scenario, the default world.
    seed: the seed of all random values. With a seed, the clock starts at the time of the API page's examples,
        so that answers are the same on each machine. Without a seed, the plan's seed is used, and the clock
        starts at the real time of the first request. A plan may also have its own clock.
    dialect: the chosen values of silences. They override the values that the plan chooses.
    now: returns the current time in seconds since 1970.
    timer: the timer of the world's clock.
    with_tasks: whether the default world has tasks.
    spec: the API spec.
    heartbeat_interval: how often the worker sends heartbeats by its own statement, in seconds. None if this
        was not stated.
    key_prefix: the prefix of all API keys of the world, without the full stop behind it. Empty for no prefix.
    """

    scenario: Scenario | None = None
    plan: WorldPlan | None = None
    seed: int | None = None
    dialect: Dialect = field(default_factory=Dialect)
    now: Callable[[], float] = time.time
    timer: Timer = steady_seconds
    with_tasks: bool = True
    spec: Document = field(default_factory=lambda: bundled_document("worker-api.yaml"))
    heartbeat_interval: float | None = None
    key_prefix: str = ""

    def __call__(self, name: str) -> Director:
        """A director with a new world of this name. The clock does not run yet. Raises as `in_steps`."""
        return finish(self.in_steps(name))

    def in_steps(self, name: str) -> Steps[Director]:
        """Does the same as a call of the builder, one task in each step.

        Raises MissingEntityError if the plan lacks an entity that the scenario uses. Raises ValueError if the
        spec describes other operations than the mock has.
        """
        if self.plan is not None and self.scenario is not None:
            _check_entities(self.plan, self.scenario.world)
        given_plan = self.plan or (self.scenario.world if self.scenario else None)
        plan = given_plan or _DEFAULT_WORLD
        api = _check_operations(api_of(self.spec, self._dialect(plan)))
        clock = self._clock(plan)
        random = SeededRandom(plan.seed if self.seed is None else self.seed)
        world = World(name, clock, random, api, key_prefix=self.key_prefix)
        _add_entities(world, plan)
        if given_plan is None:
            _fill_default_world(world, _DEFAULT_TASK_SERVERS if self.with_tasks else ())
        groups = yield from _add_tasks(world, plan)
        return Director(world, self.scenario, groups, heartbeat_interval=self.heartbeat_interval)

    def _clock(self, plan: WorldPlan) -> Clock:
        if plan.clock is not None:
            return Clock(plan.clock, self.timer)
        if self.seed is not None:
            return Clock(EXAMPLE_TIME, self.timer)
        return Clock(float(int(self.now())), self.timer, real_time=self.now)

    def _dialect(self, plan: WorldPlan) -> Dialect:
        return Dialect(frozenset({**dict(plan.dialect.choices), **dict(self.dialect.choices)}.items()))


def _check_entities(plan: WorldPlan, needed: WorldPlan) -> None:
    for kind in ("servers", "requests", "accounts"):
        existing = [plan_name(entity) for entity in getattr(plan, kind)]
        missing = [name for entity in getattr(needed, kind) if (name := plan_name(entity)) not in existing]
        if missing:
            raise MissingEntityError(
                f"the world has no {missing[0]} among its {kind}, but the scenario uses it: "
                "add it to the world"
            )


def _check_operations(api: Api) -> Api:
    if set(api.operations) != set(HANDLERS):
        difference = set(api.operations) ^ set(HANDLERS)
        raise ValueError(
            f"the spec and the mock have different operations: only one of them has {difference}"
        )
    return api


def _add_tasks(world: World, plan: WorldPlan) -> Steps[dict[str, list[str]]]:
    """Adds the tasks of a plan. Returns the ids of the tasks of each named group."""
    ids_by_group: dict[str, list[str]] = {}
    groups = [group for group in plan.tasks for _ in range(group.count)]
    for index, group in enumerate(groups):
        yield
        task = create_group_task(world, group, created_at=world.clock.begin - len(groups) + index)
        if group.group is not None:
            ids_by_group.setdefault(group.group, []).append(task.id)
    return ids_by_group


def _fill_default_world(world: World, task_servers: Sequence[str]) -> None:
    """Adds tasks of all statuses. In the world `default`, the first server also gets the API page's key."""
    if world.name == DEFAULT:
        first = world.server("server-01")
        world.key_ring.set_keys(first, [*first.keys, EXAMPLE_KEY])
    statuses = world.api.enumeration("TaskStatus")
    for index, server in enumerate(world.random.sample(task_servers, len(task_servers))):
        fields = {"server": server, "status": statuses[index % len(statuses)]}
        create_task(world, fields, created_at=world.clock.begin - len(task_servers) + index)


def _add_entities(world: World, plan: WorldPlan) -> None:
    for number, request in enumerate(plan.requests, 1):
        website = request.website or f"https://customer-{number}.example"
        fields = (request.name, website, request.type, request.auction_price, request.status)
        world.add_request(CustomerRequest(world.random.uuid(), *fields))
    for account in plan.accounts:
        email = account.email or f"{account.username}@mail.example"
        password = account.password or f"pass-{world.random.getrandbits(40):010x}"
        login = (email, account.username, password)
        world.add_account(Account(world.random.uuid(), *login, account.about, account.status))
    for server in plan.servers:
        key = server.key or _default_key(server.name, world)
        owner = world.key_ring.owner(world.key_ring.full_key(key))
        if owner is not None:
            raise RepeatedKeyError(f"{owner} and {server.name} have the same API key: give each its own")
        world.add_server(server.name, server.status, [key])


def _default_key(server: str, world: World) -> str:
    is_unique = world.name == DEFAULT or world.key_ring.prefix
    return f"{server}-key" if is_unique else f"{server}-key-{world.name}"
