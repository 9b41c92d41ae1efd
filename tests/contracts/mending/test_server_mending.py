"""Each rule for servers has an example that is true: of the mock, and of the mutant that breaks the rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.broken.serving import serving
from tests.contracts.mending.example_requests import Examples
from workerkit.contracts.mending.server_mending import ServerMending, server_mendings
from workerkit.contracts.page.rules import RULE_IDS
from workerkit.contracts.target.target import Target
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

KEYS = ("server-01-key", "server-02-key", "server-03-key")
EACH = pytest.mark.parametrize("mending", server_mendings().values(), ids=lambda mending: mending.rule)


def test_each_rule_has_an_entry_and_no_other() -> None:
    assert {*server_mendings()} == RULE_IDS


def test_the_mutant_of_an_entry_breaks_its_rule() -> None:
    chosen = {mending.rule: MUTANTS[mending.mutant].rules for mending in server_mendings().values()}
    assert {rule for rule, broken in chosen.items() if rule not in broken} == set()


def ids() -> dict[str, str]:
    """The other server's task and the customer's request of the examples. They are the same in each mock."""
    world = Worlds().add(DEFAULT, WorldBuilder(seed=1)).world
    foreign = next(
        task for task in world.tasks.values() if task.server == "server-02" and task.status == "pending"
    )
    own = next(task for task in world.tasks.values() if task.server == "server-01")
    return {"foreign_task": foreign.id, "request": own.request.id}


@pytest.fixture
def examples() -> Iterator[Examples]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1))
    with WorldServer(worlds) as mock:
        yield Examples(Target(mock.base_url, *KEYS), **ids())


@EACH
def test_the_mock_gives_the_right_answer(mending: ServerMending, examples: Examples) -> None:
    answer = examples.answer_to(mending.request)
    assert examples.is_like(answer, mending.right), answer
    assert not examples.is_like(answer, mending.wrong)


@pytest.mark.long
@EACH
def test_the_mutant_gives_the_wrong_answer(mending: ServerMending) -> None:
    with serving(mending.mutant) as target:
        examples = Examples(target, **ids())
        answer = examples.answer_to(mending.request)
        assert examples.is_like(answer, mending.wrong), answer
        assert not examples.is_like(answer, mending.right)
