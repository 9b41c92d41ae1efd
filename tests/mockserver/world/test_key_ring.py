from __future__ import annotations

import pytest

from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT


@pytest.fixture
def world() -> World:
    return WorldBuilder(seed=1, with_tasks=False)(DEFAULT).world


@pytest.fixture
def first(world: World) -> Server:
    return world.server("server-01")


@pytest.fixture
def second(world: World) -> Server:
    return world.server("server-02")


def test_a_key_works_for_its_server(world: World) -> None:
    for key, name in (
        ("server-01-key", "server-01"),
        ("your-server-key", "server-01"),
        ("server-02-key", "server-02"),
    ):
        assert world.key_ring.server_for(key) is world.server(name)
        assert world.key_ring.owner(key) == name


@pytest.mark.parametrize("key", ["", "server-01", "SERVER-01-KEY", "server-01-key "])
def test_an_unknown_key_belongs_to_no_server(world: World, key: str) -> None:
    assert world.key_ring.server_for(key) is None
    assert world.key_ring.owner(key) is None


def test_the_key_of_an_offline_server_works(world: World) -> None:
    server = world.key_ring.server_for("server-03-key")
    assert server is not None
    assert server.status == "offline"


def test_a_revoked_key_does_not_work_but_belongs_to_its_server(world: World, first: Server) -> None:
    first.revoked = True
    assert world.key_ring.server_for("server-01-key") is None
    assert world.key_ring.owner("server-01-key") == "server-01"
    first.revoked = False
    assert world.key_ring.server_for("server-01-key") is first


def test_a_replaced_key_does_not_work_but_stays_known(world: World, first: Server) -> None:
    world.key_ring.set_keys(first, ["new"])
    assert world.key_ring.server_for("new") is first
    assert world.key_ring.server_for("server-01-key") is None
    assert world.key_ring.owner("server-01-key") == "server-01"
    assert {"new", "server-01-key", "your-server-key"} <= set(world.key_ring.all_keys())


def test_a_replaced_key_can_be_set_again(world: World, first: Server) -> None:
    world.key_ring.set_keys(first, ["new"])
    world.key_ring.set_keys(first, ["server-01-key"])
    assert world.key_ring.server_for("server-01-key") is first
    assert world.key_ring.server_for("new") is None


def test_a_key_belongs_to_one_server_only(world: World, first: Server, second: Server) -> None:
    world.key_ring.set_keys(second, ["server-01-key"])
    assert world.key_ring.server_for("server-01-key") is second
