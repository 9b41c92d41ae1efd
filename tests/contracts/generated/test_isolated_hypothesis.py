"""In the context, Hypothesis has the settings of the kit, whatever the project has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from workerkit.contracts.generated import isolated_hypothesis


@pytest.fixture
def strange_profile() -> Iterator[str]:
    before = settings.get_current_profile_name()
    settings.register_profile("strange", max_examples=1, deadline=1, derandomize=True, phases=())
    settings.load_profile("strange")
    yield "strange"
    settings.load_profile(before)


def test_the_profile_of_a_project_does_not_count(strange_profile: str) -> None:
    with isolated_hypothesis.isolated_hypothesis():
        inside = settings()
        assert (inside.max_examples, inside.deadline, inside.derandomize) == (100, None, False)
        assert len(inside.phases) > 3
    assert settings.get_current_profile_name() == strange_profile


def test_after_an_error_the_profile_is_the_old_one(strange_profile: str) -> None:
    with pytest.raises(ZeroDivisionError), isolated_hypothesis.isolated_hypothesis():
        raise ZeroDivisionError
    assert settings.get_current_profile_name() == strange_profile
