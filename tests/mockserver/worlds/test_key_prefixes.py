from __future__ import annotations

import pytest

from workerkit.mockserver.worlds.key_prefixes import KeyTakenError
from workerkit.mockserver.worlds.snapshot import director_from_snapshot, snapshot_of
from workerkit.mockserver.worlds.world_builder import RepeatedKeyError, WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.library import library
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan


def builder(prefix: str, *keys: str) -> WorldBuilder:
    servers = tuple(ServerPlan(f"server-{index}", key=key) for index, key in enumerate(keys))
    plan = WorldPlan(servers, ()) if keys else None
    return WorldBuilder(plan=plan, seed=1, with_tasks=False, key_prefix=prefix)


@pytest.fixture
def worlds() -> Worlds:
    """The world `a` with the prefix `team-a`, and the world `b` without a prefix."""
    worlds = Worlds()
    worlds.add("a", builder("team-a"))
    worlds.add("b", builder("", "team-b.key", "plain"))
    return worlds


def keys_of(worlds: Worlds, name: str) -> tuple[str, ...]:
    return worlds.world(name).key_ring.all_keys()


def test_all_keys_begin_with_the_prefix(worlds: Worlds) -> None:
    expected = tuple(f"team-a.server-0{number}-key" for number in (1, 2, 3))
    assert keys_of(worlds, "a") == expected
    assert worlds.reset("a").key_ring.all_keys() == expected


def test_given_keys_get_the_prefix_once(worlds: Worlds) -> None:
    worlds.add("c", builder("c", "key", "c.other", "d.e"))
    assert keys_of(worlds, "c") == ("c.key", "c.other", "c.d.e")


def test_the_keys_of_a_scenario_get_the_prefix(worlds: Worlds) -> None:
    scenario = library.find("key-revoked")
    director = worlds.add("c", WorldBuilder(scenario, seed=1, key_prefix="c"))
    assert all(key.startswith("c.") for key in director.world.key_ring.all_keys())


@pytest.mark.parametrize(
    ("prefix", "keys", "message"),
    [
        ("team-a", ["other"], "the key prefix team-a belongs to the world a"),
        ("team-b", ["other"], "the key prefix team-b belongs to the world b"),
        ("", ["team-a.other"], "the API key team-a.other begins with the key prefix of the world a"),
    ],
)
def test_a_prefix_belongs_to_one_world(worlds: Worlds, prefix: str, keys: list[str], message: str) -> None:
    with pytest.raises(KeyTakenError, match=f"^{message}$"):
        worlds.add("c", builder(prefix, *keys))
    assert worlds.names() == ("a", "b")


def test_a_longer_prefix_is_another_one(worlds: Worlds) -> None:
    worlds.add("c", builder("team-a-2"))
    worlds.add("d", builder("team"))
    assert [keys_of(worlds, name)[0].partition(".")[0] for name in ("c", "d")] == ["team-a-2", "team"]


def test_two_worlds_without_a_prefix_may_have_keys_with_a_full_stop(worlds: Worlds) -> None:
    worlds.add("c", builder("", "team-b.other"))
    worlds.remove("b")
    with pytest.raises(KeyTakenError, match="belongs to the world c"):
        worlds.add("d", builder("team-b"))


def test_the_prefix_of_a_removed_world_is_free(worlds: Worlds) -> None:
    worlds.remove("a")
    worlds.remove("b")
    worlds.add("c", builder("team-a"))
    worlds.add("d", builder("team-b"))
    assert worlds.names() == ("c", "d")


def test_later_keys_are_checked_too(worlds: Worlds) -> None:
    with pytest.raises(KeyTakenError, match=r"each API key of the world a has to begin with team-a\.$"):
        worlds.add_key("a", "other")
    with pytest.raises(KeyTakenError, match="begins with the key prefix of the world a"):
        worlds.add_key("b", "team-a.other")
    worlds.add_key("b", "team-c.key")
    with pytest.raises(KeyTakenError, match="belongs to the world b"):
        worlds.add("c", builder("team-c"))
    worlds.remove("b")
    worlds.add("c", builder("team-c"))


def test_keys_that_differ_only_by_the_prefix_are_the_same(worlds: Worlds) -> None:
    with pytest.raises(RepeatedKeyError, match="server-0 and server-1 have the same API key"):
        worlds.add("c", builder("c", "key", "c.key"))


def test_a_restored_world_has_its_prefix(worlds: Worlds) -> None:
    worlds.restore("a", director_from_snapshot(worlds.director("a"), snapshot_of(worlds.director("a"))))
    assert worlds.world("a").key_ring.full_key("new") == "team-a.new"
    with pytest.raises(KeyTakenError, match="belongs to the world a"):
        worlds.add("c", builder("team-a"))
