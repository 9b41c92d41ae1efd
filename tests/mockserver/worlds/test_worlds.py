from __future__ import annotations

import pytest

from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, KeyTakenError, Worlds
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan

FOUNDER = WorldBuilder(seed=1, tasks=False)


def with_key(key: str) -> WorldBuilder:
    plan = WorldPlan((ServerPlan("server-01", key=key),), ())
    return WorldBuilder(scenario=Scenario("own-key", "A key of its own", "About it.", plan))


def name_of_owner(worlds: Worlds, key: str | None) -> str | None:
    director = worlds.owner(key)
    return director.world.name if director else None


@pytest.fixture
def worlds() -> Worlds:
    """The default world and `w1`."""
    both = Worlds()
    both.add(DEFAULT, FOUNDER)
    both.add(both.new_name(), FOUNDER)
    return both


def test_names_are_never_given_twice(worlds: Worlds) -> None:
    worlds.remove("w1")
    assert [worlds.new_name(), worlds.new_name()] == ["w2", "w3"]


def test_worlds_are_listed_the_oldest_first(worlds: Worlds) -> None:
    worlds.add("a", FOUNDER)
    assert worlds.names() == (DEFAULT, "w1", "a")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("server-01-key", DEFAULT),
        ("your-server-key", DEFAULT),
        ("server-03-key", DEFAULT),
        ("server-01-key-w1", "w1"),
        ("server-02-key-w1", "w1"),
        ("nobodys", DEFAULT),
        ("", DEFAULT),
        (None, DEFAULT),
    ],
)
def test_the_key_names_the_world(worlds: Worlds, key: str | None, name: str) -> None:
    assert name_of_owner(worlds, key) == name


def test_without_a_default_world_nobodys_key_goes_to_the_newest(worlds: Worlds) -> None:
    worlds.add(worlds.new_name(), FOUNDER)
    worlds.remove(DEFAULT)
    assert name_of_owner(worlds, "nobodys") == name_of_owner(worlds, None) == "w2"
    assert name_of_owner(worlds, "server-01-key-w1") == "w1"


def test_without_a_world_no_key_leads_anywhere() -> None:
    assert Worlds().owner("server-01-key") is None
    assert Worlds().owner(None) is None


def test_worlds_side_by_side_do_not_see_each_others_tasks(worlds: Worlds) -> None:
    task = create_task(worlds.world("w1"), {})
    assert worlds.world("w1").tasks == {task.id: task}
    assert worlds.world(DEFAULT).tasks == {}


def test_an_unknown_name_is_a_key_error(worlds: Worlds) -> None:
    for ask in (worlds.world, worlds.director, worlds.reset, worlds.remove):
        with pytest.raises(KeyError):
            ask("w9")
    assert worlds.names() == (DEFAULT, "w1")


# Keys


def test_a_world_whose_key_is_taken_is_not_added(worlds: Worlds) -> None:
    with pytest.raises(KeyTakenError, match="server-01-key-w1"):
        worlds.add("w2", with_key("server-01-key-w1"))
    assert worlds.names() == (DEFAULT, "w1")
    assert name_of_owner(worlds, "server-01-key-w1") == "w1"


def test_a_key_that_a_world_got_later_is_its_own(worlds: Worlds) -> None:
    worlds.key_added("w1", "late")
    assert name_of_owner(worlds, "late") == "w1"
    worlds.key_added("w1", "late")
    with pytest.raises(KeyTakenError):
        worlds.key_added(DEFAULT, "late")
    with pytest.raises(KeyTakenError):
        worlds.add("w2", with_key("late"))


def test_a_replaced_key_still_leads_to_the_world_that_refuses_it(worlds: Worlds) -> None:
    world = worlds.world("w1")
    worlds.key_added("w1", "late")
    world.set_keys(world.server("server-01"), ["late"])
    assert name_of_owner(worlds, "server-01-key-w1") == "w1"
    assert world.key_holder("server-01-key-w1") is None


def test_the_keys_of_a_removed_world_are_free(worlds: Worlds) -> None:
    worlds.key_added("w1", "late")
    worlds.remove("w1")
    assert name_of_owner(worlds, "server-01-key-w1") == name_of_owner(worlds, "late") == DEFAULT
    worlds.add("w2", with_key("late"))
    assert name_of_owner(worlds, "late") == "w2"


# Reset


def test_a_reset_world_is_as_it_began(worlds: Worlds) -> None:
    before = worlds.world("w1")
    begin = [server.as_json() for server in before.servers.values()]
    task = create_task(before, {})
    before.beat(before.server("server-01"), {"cpu_usage": 1})
    before.server("server-02").revoked = True
    before.log(before.server("server-01"), [{"message": "m"}])
    before.clock.advance(60)
    after = worlds.reset("w1")
    assert worlds.world("w1") is after is worlds.director("w1").world is not before
    assert [server.as_json() for server in after.servers.values()] == begin
    assert (after.tasks, list(after.logs), after.journal.count) == ({}, [], 0)
    assert after.clock.begin == before.clock.begin
    assert after.requests[task.request.id].created_links == 0


def test_a_reset_world_has_its_first_keys_again_and_no_later_ones(worlds: Worlds) -> None:
    world = worlds.world("w1")
    worlds.key_added("w1", "late")
    world.set_keys(world.server("server-01"), ["late"])
    worlds.reset("w1")
    assert worlds.world("w1").key_holder("server-01-key-w1") is worlds.world("w1").server("server-01")
    assert name_of_owner(worlds, "late") == DEFAULT
    worlds.key_added(DEFAULT, "late")


def test_a_reset_leaves_other_worlds_alone(worlds: Worlds) -> None:
    other = worlds.world(DEFAULT)
    worlds.reset("w1")
    assert worlds.world(DEFAULT) is other
    assert worlds.names() == (DEFAULT, "w1")


def test_a_scenario_begins_anew_with_its_world() -> None:
    worlds = Worlds()
    director = worlds.add("w1", with_key("k"))
    worlds.reset("w1")
    assert worlds.director("w1") is not director
    assert worlds.director("w1").scenario is director.scenario
