"""The secrets that the mask of a world hides."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange


@pytest.fixture(scope="module")
def world() -> World:
    """A world with a task that has its own account, and a server whose key was replaced."""
    world = WorldBuilder(seed=3)("first").world
    create_task(world, {"password": "own-password", "email": "own@mail.example"})
    create_task(world, {"email": "no address"})
    world.key_ring.set_keys(world.servers["server-02"], ["new-key"])
    return world


@pytest.fixture(scope="module")
def secrets(world: World) -> list[str]:
    keys = ["server-01-key-first", "server-02-key-first", "new-key", "server-03-key-first"]
    accounts = world.accounts.values()
    return [*keys, *(account.password for account in accounts), *(account.email for account in accounts)]


def test_every_key_password_and_address_is_masked(world: World, secrets: list[str]) -> None:
    assert {"own-password", "own@mail.example", "no address"} <= set(secrets)
    masked = mask_of(world).text(" ".join(secrets))
    assert [secret for secret in secrets if secret in masked] == []
    assert masked.count("<key ") == 4
    assert masked.count("<password ") == masked.count("<email ") == 8


@settings(max_examples=100)
@given(data=st.data())
def test_a_secret_is_masked_at_each_place_of_a_text(
    world: World, secrets: list[str], data: st.DataObject
) -> None:
    secret = data.draw(st.sampled_from(secrets))
    encoded = data.draw(st.sampled_from([secret, quote(secret), quote(secret, safe="")]))
    before, after = data.draw(st.tuples(*[st.text(" /?&=:,\"'{}()[]\n", max_size=6)] * 2))
    masked = mask_of(world).text(f"a{before} {encoded} {after}a")
    assert secret not in masked
    assert encoded not in masked


def test_two_masks_of_a_world_give_the_same_text(world: World) -> None:
    assert mask_of(world).text("new-key") == mask_of(world).text("new-key") != "new-key"


def test_a_later_key_of_a_server_is_masked(world: World) -> None:
    world = WorldBuilder(seed=3)("later").world
    assert mask_of(world).text("later-key") == "later-key"
    world.key_ring.set_keys(world.servers["server-01"], ["later-key"])
    assert "later-key" not in mask_of(world).text("later-key")


def test_secrets_that_are_added_one_by_one_are_all_masked() -> None:
    world = WorldBuilder(seed=3)("growing").world
    passwords = [f"password-{number}" for number in range(50)]
    for password in passwords:
        create_task(world, {"password": password})
        assert password not in mask_of(world).text(f"it is {password}")
    masked = mask_of(world).text(" ".join(["server-01-key-growing", *passwords]))
    assert (masked.count("<key "), masked.count("<password ")) == (1, 50)


def test_the_same_secret_has_the_same_mask_in_all_worlds() -> None:
    worlds = [WorldBuilder(seed=seed)(f"world-{seed}").world for seed in (3, 4)]
    for world in worlds:
        create_task(world, {"password": "own-password"})
    first, second = (mask_of(world).text("own-password") for world in worlds)
    assert first == second != "own-password"


def add_request_with_key(world: World, key: str) -> None:
    """Adds a request with an API key to the journal of a world."""
    world.journal.add(
        Exchange(
            number=world.journal.next_number(),
            operation=None,
            server=None,
            method="GET",
            path="/",
            query="",
            request_headers=(("x-api-key", key),),
            request_body=b"",
            status=404,
            answer_headers=(),
            answer_body=b"",
            began=0.0,
            ended=0.0,
        )
    )


def test_an_unknown_key_is_masked_after_a_request_with_it() -> None:
    world = WorldBuilder(seed=3)("visited").world
    add_request_with_key(world, "unknown-key")
    assert "unknown-key" not in mask_of(world).text("an unknown-key")
    assert mask_of(world).text("an unknown2-key") == "an unknown2-key"
    add_request_with_key(world, "unknown2-key")
    assert "unknown2-key" not in mask_of(world).text("an unknown2-key")


def test_other_text_does_not_change(world: World) -> None:
    text = "PUT /api/v1/worker/tasks/bulk?limit=100 server-01 first an binh123"
    assert mask_of(world).text(text) == text
