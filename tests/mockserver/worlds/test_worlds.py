from __future__ import annotations

import pytest

from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.key_prefixes import KeyTakenError
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, NameTakenError, Worlds
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan

BUILDER = WorldBuilder(seed=1, with_tasks=False)


def builder_with_key(key: str) -> WorldBuilder:
    plan = WorldPlan((ServerPlan("server-01", key=key),), ())
    return WorldBuilder(scenario=Scenario("own-key", "An own key", "About it.", plan))


def world_name(worlds: Worlds, key: str | None) -> str | None:
    director = worlds.director_for_key(key)
    return director.world.name if director else None


@pytest.fixture
def worlds() -> Worlds:
    """The default world and `w1`."""
    worlds = Worlds()
    worlds.add(DEFAULT, BUILDER)
    worlds.add(worlds.new_name(), BUILDER)
    return worlds


def test_a_name_is_never_used_twice(worlds: Worlds) -> None:
    worlds.remove("w1")
    assert [worlds.new_name(), worlds.new_name()] == ["w2", "w3"]


def test_a_chosen_name_is_used_once(worlds: Worlds) -> None:
    worlds.add("w2", BUILDER)
    assert worlds.new_name() == "w3"
    before = worlds.world("w2")
    with pytest.raises(NameTakenError, match="there is already a world w2"):
        worlds.add("w2", BUILDER)
    assert worlds.world("w2") is before


def test_worlds_are_listed_the_oldest_first(worlds: Worlds) -> None:
    worlds.add("a", BUILDER)
    assert worlds.names() == (DEFAULT, "w1", "a")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("server-01-key", DEFAULT),
        ("your-server-key", DEFAULT),
        ("server-03-key", DEFAULT),
        ("server-01-key-w1", "w1"),
        ("server-02-key-w1", "w1"),
        ("unknown", DEFAULT),
        ("", DEFAULT),
        (None, DEFAULT),
    ],
)
def test_the_key_decides_which_world_gets_a_request(worlds: Worlds, key: str | None, name: str) -> None:
    assert world_name(worlds, key) == name


def test_without_a_default_world_an_unknown_key_goes_to_the_newest_world(worlds: Worlds) -> None:
    worlds.add(worlds.new_name(), BUILDER)
    worlds.remove(DEFAULT)
    assert world_name(worlds, "unknown") == world_name(worlds, None) == "w2"
    assert world_name(worlds, "server-01-key-w1") == "w1"


def test_without_worlds_no_key_has_a_director() -> None:
    assert Worlds().director_for_key("server-01-key") is None
    assert Worlds().director_for_key(None) is None


def test_worlds_do_not_share_tasks(worlds: Worlds) -> None:
    task = create_task(worlds.world("w1"), {})
    assert worlds.world("w1").tasks == {task.id: task}
    assert worlds.world(DEFAULT).tasks == {}


def test_an_unknown_name_raises_key_error(worlds: Worlds) -> None:
    for function in (worlds.world, worlds.director, worlds.reset, worlds.remove):
        with pytest.raises(KeyError):
            function("w9")
    assert worlds.names() == (DEFAULT, "w1")


# Keys


def test_a_world_whose_key_is_taken_is_not_added(worlds: Worlds) -> None:
    with pytest.raises(KeyTakenError, match="server-01-key-w1"):
        worlds.add("w2", builder_with_key("server-01-key-w1"))
    assert worlds.names() == (DEFAULT, "w1")
    assert world_name(worlds, "server-01-key-w1") == "w1"


def test_an_added_key_belongs_to_its_world(worlds: Worlds) -> None:
    worlds.add_key("w1", "late")
    assert world_name(worlds, "late") == "w1"
    worlds.add_key("w1", "late")
    with pytest.raises(KeyTakenError):
        worlds.add_key(DEFAULT, "late")
    with pytest.raises(KeyTakenError):
        worlds.add("w2", builder_with_key("late"))


def test_requests_with_a_replaced_key_still_go_to_its_world(worlds: Worlds) -> None:
    world = worlds.world("w1")
    worlds.add_key("w1", "late")
    world.key_ring.set_keys(world.server("server-01"), ["late"])
    assert world_name(worlds, "server-01-key-w1") == "w1"
    assert world.key_ring.server_for("server-01-key-w1") is None


def test_other_worlds_may_use_the_keys_of_a_removed_world(worlds: Worlds) -> None:
    worlds.add_key("w1", "late")
    worlds.remove("w1")
    assert world_name(worlds, "server-01-key-w1") == world_name(worlds, "late") == DEFAULT
    worlds.add("w2", builder_with_key("late"))
    assert world_name(worlds, "late") == "w2"


# Reset


def test_a_reset_world_has_its_first_state(worlds: Worlds) -> None:
    before = worlds.world("w1")
    begin = [server.as_json() for server in before.servers.values()]
    task = create_task(before, {})
    before.store_heartbeat(before.server("server-01"), {"cpu_usage": 1})
    before.server("server-02").revoked = True
    before.store_logs(before.server("server-01"), [{"message": "m"}])
    before.clock.advance(60)
    after = worlds.reset("w1")
    assert worlds.world("w1") is after is worlds.director("w1").world is not before
    assert [server.as_json() for server in after.servers.values()] == begin
    assert (after.tasks, list(after.logs), after.journal.count) == ({}, [], 0)
    assert after.clock.begin == before.clock.begin
    assert after.requests[task.request.id].created_links == 0


def test_a_reset_world_has_only_its_first_keys(worlds: Worlds) -> None:
    world = worlds.world("w1")
    worlds.add_key("w1", "late")
    world.key_ring.set_keys(world.server("server-01"), ["late"])
    worlds.reset("w1")
    assert worlds.world("w1").key_ring.server_for("server-01-key-w1") is worlds.world("w1").server(
        "server-01"
    )
    assert world_name(worlds, "late") == DEFAULT
    worlds.add_key(DEFAULT, "late")


def test_a_reset_does_not_change_other_worlds(worlds: Worlds) -> None:
    other = worlds.world(DEFAULT)
    worlds.reset("w1")
    assert worlds.world(DEFAULT) is other
    assert worlds.names() == (DEFAULT, "w1")


def test_a_reset_restarts_the_scenario() -> None:
    worlds = Worlds()
    director = worlds.add("w1", builder_with_key("k"))
    worlds.reset("w1")
    assert worlds.director("w1") is not director
    assert worlds.director("w1").scenario is director.scenario
