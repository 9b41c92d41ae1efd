from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import EXAMPLE_TIME, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.model.effects.keys import RevokeKey
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan

STATUSES = {"pending", "queued", "running", "completed", "failed", "canceled"}
SEEDS = st.integers(0, 2**63 - 1)
PLAN = WorldPlan(
    servers=(ServerPlan("worker", "active", "my-key"), ServerPlan("other", "offline")),
    tasks=(
        TaskGroup(3, "worker", {"status": "queued", "config": '{"simulate": "fail"}'}),
        TaskGroup(2, "other", {"service_type": "video"}),
        TaskGroup(1, "worker", {"status": "completed", "password": "mine"}),
    ),
    seed=7,
)
SCENARIO = Scenario("a-scenario", "A scenario", "What happens.", PLAN)


def new_world(name: str = DEFAULT, **options: Any) -> World:
    return WorldBuilder(**{"timer": lambda: 0.0, **options})(name).world


def contents(world: World) -> list[list[dict[str, Any]]]:
    kinds = (world.servers, world.tasks, world.requests, world.accounts)
    return [[entity.as_json() for entity in kind.values()] for kind in kinds]


@pytest.fixture
def default() -> World:
    return new_world(seed=1)


# The default world


def test_the_default_world_has_three_servers(default: World) -> None:
    servers = [(server.name, server.status, server.keys) for server in default.servers.values()]
    assert servers == [
        ("server-01", "online", ["server-01-key", "your-server-key"]),
        ("server-02", "active", ["server-02-key"]),
        ("server-03", "offline", ["server-03-key"]),
    ]
    assert not any(server.revoked or server.heartbeat for server in default.servers.values())


@settings(max_examples=20, deadline=None)
@given(seed=st.none() | SEEDS)
def test_the_default_world_has_its_tasks_with_any_seed(seed: int | None) -> None:
    world = new_world(seed=seed)
    tasks = list(world.tasks.values())
    assert Counter(task.server for task in tasks) == {"server-01": 250, "server-02": 25}
    assert {task.status for task in tasks} == STATUSES
    assert len({task.service_type for task in tasks}) == 3
    assert len({task.request.id for task in tasks}) == len(world.requests) == 4
    assert len({task.account.id for task in tasks}) == len(world.accounts) == 6


def test_both_servers_have_tasks_in_every_status(default: World) -> None:
    for name in ("server-01", "server-02"):
        assert {task.status for task in default.tasks.values() if task.server == name} == STATUSES


def test_all_ids_are_unique(default: World) -> None:
    kinds = (default.servers, default.tasks, default.requests, default.accounts)
    ids = [entity.id for kind in kinds for entity in kind.values()]
    assert len(set(ids)) == len(ids) == 3 + 275 + 4 + 6


def test_tasks_are_older_than_the_world_and_have_different_times(default: World) -> None:
    times = [task.created_at for task in default.tasks.values()]
    assert times == sorted(set(times))
    assert times[-1] < default.clock.begin


def test_each_account_has_its_own_address_and_password(default: World) -> None:
    accounts = default.accounts.values()
    assert (
        len({account.email for account in accounts}) == len({account.password for account in accounts}) == 6
    )


def test_without_tasks_the_default_world_has_everything_else() -> None:
    world, full = new_world(seed=1, with_tasks=False), new_world(seed=1)
    assert not world.tasks
    assert [contents(world)[kind] for kind in (0, 2, 3)] == [contents(full)[kind] for kind in (0, 2, 3)]


def test_a_world_with_another_name_has_its_own_keys() -> None:
    keys = [server.keys for server in new_world("w1", seed=1).servers.values()]
    assert keys == [["server-01-key-w1"], ["server-02-key-w1"], ["server-03-key-w1"]]


# Seed and time


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, first=st.floats(0, 2e9), second=st.floats(0, 2e9))
def test_a_seed_gives_the_same_world_at_any_time(seed: int, first: float, second: float) -> None:
    one = new_world(seed=seed, now=lambda: first, timer=lambda: first)
    other = new_world(seed=seed, now=lambda: second, timer=lambda: second)
    assert contents(one) == contents(other)
    assert one.clock.now() == other.clock.now() == EXAMPLE_TIME
    assert one.random.getstate() == other.random.getstate()


@settings(max_examples=10, deadline=None)
@given(seeds=st.sets(SEEDS, min_size=2, max_size=2))
def test_another_seed_gives_another_world(seeds: set[int]) -> None:
    one, other = (new_world(seed=seed) for seed in seeds)
    assert not one.tasks.keys() & other.tasks.keys()


def test_a_builder_builds_the_same_world_each_time() -> None:
    builder = WorldBuilder(seed=5, timer=lambda: 0.0)
    assert contents(builder(DEFAULT).world) == contents(builder(DEFAULT).world)


def test_two_worlds_of_one_builder_share_no_state() -> None:
    builder = WorldBuilder(seed=5, timer=lambda: 0.0)
    one, other = builder("w1").world, builder("w1").world
    before = contents(other)
    for task in one.tasks.values():
        one.change_task(task, {"status": "running"})
        one.complete_task(task, {"note": "changed"})
    one.key_ring.set_keys(one.server("server-01"), ["new"])
    assert contents(other) == before


def test_without_a_seed_the_clock_begins_at_the_real_time_of_the_first_request() -> None:
    real_times = iter([1000.75, 1009.5])
    world = new_world(now=lambda: next(real_times), timer=lambda: 0.0)
    assert world.clock.peek() == 1000
    assert max(task.created_at for task in world.tasks.values()) == 999
    assert world.clock.now() == world.clock.begin == 1009.5


def test_what_was_set_up_before_the_first_request_moves_with_the_clock() -> None:
    real_times = iter([1000.0, 1009.0])
    trigger = Happening(After(2.0), (RevokeKey("server-01"),), name="revoked")
    scenario = Scenario(
        "late", "Late", "A key is revoked.", WorldPlan((ServerPlan("server-01"),)), (trigger,)
    )
    director = WorldBuilder(scenario, now=lambda: next(real_times), timer=lambda: 0.0)(DEFAULT)
    world = director.world
    world.clock.advance(5.0)
    fault = world.add_fault(PlannedFault(Reset()), since=world.clock.peek())
    director.apply_due_effects()
    assert director.tracker.happened == {}
    assert world.clock.now() == fault.since == 1014.0
    director.apply_due_effects()
    assert director.tracker.happened == {"revoked": 1011.0}


def test_a_clock_that_was_frozen_before_the_first_request_does_not_move() -> None:
    world = new_world(now=lambda: 1000.0)
    world.clock.freeze(50.0)
    assert (world.clock.now(), world.clock.will_move) == (50.0, False)


def test_without_a_seed_only_the_times_differ() -> None:
    one, other = new_world(now=lambda: 1000.0), new_world(now=lambda: 5000.0)
    assert one.tasks.keys() == other.tasks.keys()


def test_the_clock_does_not_run_before_the_first_request() -> None:
    seconds = iter(range(1000))
    world = new_world(seed=1, timer=lambda: float(next(seconds)))
    assert world.clock.now() == EXAMPLE_TIME + 1


# A scenario's world


def test_a_world_has_the_content_of_its_plan() -> None:
    world = new_world("w1", scenario=SCENARIO)
    assert [(server.name, server.status, server.keys) for server in world.servers.values()] == [
        ("worker", "active", ["my-key"]),
        ("other", "offline", ["other-key-w1"]),
    ]
    tasks = list(world.tasks.values())
    assert [task.server for task in tasks] == ["worker"] * 3 + ["other"] * 2 + ["worker"]
    assert [task.status for task in tasks] == ["queued"] * 3 + ["pending"] * 2 + ["completed"]
    assert [task.service_type for task in tasks[3:5]] == ["video", "video"]
    assert {task.config for task in tasks[:3]} == {'{"simulate": "fail"}'}
    assert tasks[5].account.password == "mine"
    assert [task.created_at - world.clock.begin for task in tasks] == [-6, -5, -4, -3, -2, -1]


def test_a_given_seed_replaces_the_seed_of_the_plan() -> None:
    def ids(**options: Any) -> list[str]:
        return list(new_world("w1", scenario=SCENARIO, **options).tasks)

    assert ids() == ids() == ids(seed=7)
    assert not set(ids()) & set(ids(seed=8))


def test_the_director_has_the_scenario_of_the_builder() -> None:
    assert WorldBuilder(scenario=SCENARIO)("w1").scenario is SCENARIO
    assert WorldBuilder()("w1").scenario is None
