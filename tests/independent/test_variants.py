"""Each variant behaves as its choices say, and together they take every choice that there is."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import get_args, get_type_hints

import pytest

from tests.independent.choices import Choices
from tests.independent.client import Client
from tests.independent.running import running
from tests.independent.sights import SIGHTS, Hand, Seer
from tests.independent.variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_seen_to_do_what_it_chose(name: str) -> None:
    hand = Hand()
    with running(VARIANTS[name], clock=hand) as server:
        seer = Seer(Client.of(server), hand)
        assert {each: see(seer) for each, see in SIGHTS.items()} == expected(VARIANTS[name])


def test_every_choice_is_taken_by_a_variant() -> None:
    for field, kind in get_type_hints(Choices).items():
        taken = {getattr(variant, field) for variant in VARIANTS.values()}
        assert taken == (set(get_args(kind)) or {True, False}), field


def test_every_silence_has_a_sight() -> None:
    assert SIGHTS.keys() | {"charset", "more_fields"} == {field.name for field in fields(Choices)}


def expected(choices: Choices) -> dict[str, object]:
    """The choices, but for those that other choices hide."""
    values = {name: value for name, value in asdict(choices).items() if name in SIGHTS}
    if choices.transitions == "lenient":
        values |= dict.fromkeys(("refused_transition", "link_update_flow", "completion_flow"))
    return values
