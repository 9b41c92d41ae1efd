"""Tests the mask for the secrets of all worlds of a mock."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds import worlds_mask
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.mockserver.worlds.worlds_mask import WorldsMask
from workerkit.openapi.formats.steps import finish


@pytest.fixture
def worlds() -> Worlds:
    worlds = Worlds()
    for name in ("first", "second"):
        worlds.add(name, WorldBuilder(seed=3))
    return worlds


def masked(mask: WorldsMask, text: str, extra_json: Any = None) -> str:
    return finish(mask.text_in_steps(text, extra_json))


def test_the_secrets_of_all_worlds_and_the_extra_ones_are_hidden(worlds: Worlds) -> None:
    mask, extra = WorldsMask(worlds), {"tasks": [{"password": "extra-password"}]}
    for text in ("server-01-key-first", "server-01-key-second", "extra-password"):
        assert text not in masked(mask, f"it is {text}", extra)
        assert text.upper() not in masked(mask, f"it is {text.upper()}", extra)
    assert masked(mask, "limit=100 server-01 first") == "limit=100 server-01 first"


def test_a_secret_has_the_same_replacement_as_in_the_mask_of_its_world(worlds: Worlds) -> None:
    create_task(worlds.world("second"), {"password": "own-password"})
    expected = mask_of(worlds.world("second")).text("it is own-password")
    assert masked(WorldsMask(worlds), "it is own-password") == expected


def test_new_worlds_and_new_secrets_are_hidden_too(worlds: Worlds) -> None:
    mask = WorldsMask(worlds)
    masked(mask, "before")
    create_task(worlds.world("first"), {"password": "later-password"})
    worlds.add("third", WorldBuilder(seed=3))
    for text in ("later-password", "server-01-key-third"):
        assert text not in masked(mask, f"it is {text}")


def test_the_secrets_of_many_removed_worlds_are_forgotten(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds_mask, "_MAX_FORGOTTEN", 10)
    mask = WorldsMask(worlds)
    for number in range(20):
        worlds.add(f"old-{number}", WorldBuilder(seed=3, with_tasks=False))
        masked(mask, "read")
        worlds.remove(f"old-{number}")
    assert masked(mask, "server-01-key-old-1") == "server-01-key-old-1"
    assert "server-01-key-first" not in masked(mask, "it is server-01-key-first")
