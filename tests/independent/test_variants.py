"""Each variant does what it chose, and each possible choice is in at least one variant."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import get_args, get_type_hints

import pytest

from tests.independent.choices import Choices
from tests.independent.client import Client
from tests.independent.observed_choices import OBSERVATIONS, ManualClock, ObservedServer
from tests.independent.running import running
from tests.independent.variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_does_what_it_chose(name: str) -> None:
    clock = ManualClock()
    with running(VARIANTS[name], clock=clock) as server:
        observed = ObservedServer(Client.of(server), clock)
        choices = {choice: observe(observed) for choice, observe in OBSERVATIONS.items()}
    assert choices == expected(VARIANTS[name])


def test_each_choice_is_in_a_variant() -> None:
    for field, kind in get_type_hints(Choices).items():
        values = {getattr(variant, field) for variant in VARIANTS.values()}
        assert values == (set(get_args(kind)) or {True, False}), field


def test_each_choice_has_an_observation() -> None:
    assert OBSERVATIONS.keys() | {"charset", "more_fields"} == {field.name for field in fields(Choices)}


def expected(choices: Choices) -> dict[str, object]:
    """Returns the choices that can be observed. None for choices that other choices hide."""
    values = {name: value for name, value in asdict(choices).items() if name in OBSERVATIONS}
    if choices.transitions == "lenient":
        values |= dict.fromkeys(("refused_transition", "link_update_flow", "completion_flow"))
    return values
