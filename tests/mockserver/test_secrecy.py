"""Which secrets a world's mask knows."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.dispatch import dispatch
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.secrecy import mask_of
from workerkit.mockserver.world import World


@pytest.fixture(scope="module")
def kept() -> World:
    """A world with a task of its own account, and a server whose key was exchanged."""
    world = Founder(seed=3)("kept").world
    dispatch(world, {"password": "own-password", "email": "own@mail.example"})
    world.set_keys(world.servers["server-02"], ["new-key"])
    return world


@pytest.fixture(scope="module")
def secrets(kept: World) -> list[str]:
    keys = ["server-01-key-kept", "server-02-key-kept", "new-key", "server-03-key-kept"]
    accounts = kept.accounts.values()
    return [*keys, *(each.password for each in accounts), *(each.email for each in accounts)]


def test_every_key_password_and_address_is_masked(kept: World, secrets: list[str]) -> None:
    assert {"own-password", "own@mail.example"} <= set(secrets)
    masked = mask_of(kept).text(" ".join(secrets))
    assert [secret for secret in secrets if secret in masked] == []
    assert masked.count("<key ") == 4
    assert masked.count("<password ") == masked.count("<email ") == 7


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
    world = Founder(seed=3)("later").world
    assert mask_of(world).text("later-key") == "later-key"
    world.set_keys(world.servers["server-01"], ["later-key"])
    assert "later-key" not in mask_of(world).text("later-key")


def test_what_is_no_secret_stays(kept: World) -> None:
    text = "PUT /api/v1/worker/tasks/bulk?limit=100 server-01 kept an binh123"
    assert mask_of(kept).text(text) == text
