"""Which secrets a world's mask knows."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of, mask_of_all
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange


@pytest.fixture(scope="module")
def kept() -> World:
    """A world with a task of its own account, and a server whose key was exchanged."""
    world = WorldBuilder(seed=3)("kept").world
    create_task(world, {"password": "own-password", "email": "own@mail.example"})
    create_task(world, {"email": "no address"})
    world.set_keys(world.servers["server-02"], ["new-key"])
    return world


@pytest.fixture(scope="module")
def secrets(kept: World) -> list[str]:
    keys = ["server-01-key-kept", "server-02-key-kept", "new-key", "server-03-key-kept"]
    accounts = kept.accounts.values()
    return [*keys, *(account.password for account in accounts), *(account.email for account in accounts)]


def test_every_key_password_and_address_is_masked(kept: World, secrets: list[str]) -> None:
    assert {"own-password", "own@mail.example", "no address"} <= set(secrets)
    masked = mask_of(kept).text(" ".join(secrets))
    assert [secret for secret in secrets if secret in masked] == []
    assert masked.count("<key ") == 4
    assert masked.count("<password ") == masked.count("<email ") == 8


@settings(max_examples=100)
@given(data=st.data())
def test_a_secret_is_masked_wherever_it_stands(kept: World, secrets: list[str], data: st.DataObject) -> None:
    secret = data.draw(st.sampled_from(secrets))
    spelling = data.draw(st.sampled_from([secret, quote(secret), quote(secret, safe="")]))
    before, after = data.draw(st.tuples(*[st.text(" /?&=:,\"'{}()[]\n", max_size=6)] * 2))
    masked = mask_of(kept).text(f"a{before} {spelling} {after}a")
    assert secret not in masked
    assert spelling not in masked


def test_two_masks_of_a_world_mask_alike(kept: World) -> None:
    assert mask_of(kept).text("new-key") == mask_of(kept).text("new-key") != "new-key"


def test_a_key_that_a_server_gets_later_is_masked_from_then_on(kept: World) -> None:
    world = WorldBuilder(seed=3)("later").world
    assert mask_of(world).text("later-key") == "later-key"
    world.set_keys(world.servers["server-01"], ["later-key"])
    assert "later-key" not in mask_of(world).text("later-key")


def test_secrets_that_come_one_by_one_are_all_masked() -> None:
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


def visit_with(world: World, key: str) -> None:
    """Puts a request with a key in the world's journal."""
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


def test_a_key_that_is_nobodys_is_masked_wherever_it_stands_once_it_came() -> None:
    world = WorldBuilder(seed=3)("visited").world
    visit_with(world, "strange-key")
    assert "strange-key" not in mask_of(world).text("a strange-key")
    assert mask_of(world).text("a stranger-key") == "a stranger-key"
    visit_with(world, "stranger-key")
    assert "stranger-key" not in mask_of(world).text("a stranger-key")


def test_the_mask_of_several_worlds_knows_the_secrets_of_each_and_what_it_is_told(kept: World) -> None:
    other = WorldBuilder(seed=3)("other").world
    mask = mask_of_all([kept, other], {"tasks": [{"password": "told-password"}]})
    for text in ("server-01-key-kept", "server-01-key-other", "told-password"):
        assert text not in mask.text(f"it is {text}")
    assert mask.text("own-password") == mask_of(kept).text("own-password")
    create_task(other, {"password": "told-password"})
    assert mask.text("told-password") == mask_of(other).text("told-password")


def test_what_is_no_secret_stays(kept: World) -> None:
    text = "PUT /api/v1/worker/tasks/bulk?limit=100 server-01 kept an binh123"
    assert mask_of(kept).text(text) == text
