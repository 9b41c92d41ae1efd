"""Each bad snippet in Python breaks its rule, and each good one breaks no rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.mending.trials import plans, verdict_on_snippet
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.rules import RULES

# On a busy machine, a bad worker may be too slow to break a rule about many requests in a short time.
MOST_TRIALS = 3


@pytest.fixture(scope="module")
def mock() -> Iterator[WorldServer]:
    with WorldServer(Worlds()) as server:
        yield server


def broken_rules(rule: str, version: str, mock: WorldServer) -> set[str]:
    return {violation.rule for violation in verdict_on_snippet(rule, version, mock).broken}


def test_each_rule_has_a_small_world() -> None:
    assert {*plans()} == {*RULES}


@pytest.mark.parametrize("rule", plans())
def test_the_bad_snippet_breaks_its_rule_and_the_good_one_breaks_none(rule: str, mock: WorldServer) -> None:
    assert any(rule in broken_rules(rule, "bad", mock) for _ in range(MOST_TRIALS))
    assert broken_rules(rule, "good", mock) == set()
