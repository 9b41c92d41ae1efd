"""The machine: plays of random requests on a target and the model, and the shortest in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from workerkit.contracts import leeway
from workerkit.contracts.hypothesis_apart import hypothesis_apart
from workerkit.contracts.play import Play
from workerkit.contracts.stage import Mismatch, Over, Stage
from workerkit.contracts.walk import Walk

_MOST_ROUNDS = 4
_NUMBERS = st.integers(0, 11)
_STATUSES = st.sampled_from(leeway.enumeration("TaskStatus"))
_ANY_STATUSES = st.lists(_STATUSES, min_size=1, max_size=6, unique=True)
_LIMITS = st.sampled_from([1, 2, 3, 7, 50, 1000])


@dataclass(frozen=True, slots=True)
class Diligence:
    """How much is played: so many plays of so many steps, with at most so many requests in all."""

    plays: int
    steps: int
    requests: int


def play_all(walk: Walk, diligence: Diligence, number: int) -> str:
    """Plays, and notes what it found in the walk's ledger; answers why it gave up, or nothing.

    `number` is the seed: the same one sends the same requests to the same server. A target that is found at
    fault is played on until the shortest play that shows it is found, within the requests.
    """
    stage = Stage(walk, diligence.requests)
    with hypothesis_apart():
        for _ in range(_MOST_ROUNDS):
            if not _plays_on(stage, diligence, number):
                break
    for each in stage.found.values():
        walk.ledger.fail(each.rule, each.message, each.exchanges)
    return stage.given_up


def _plays_on(stage: Stage, diligence: Diligence, number: int) -> bool:
    """Plays until something is found that was not before; False where there is no more to play."""

    class Machine(_Machine):
        def __init__(self) -> None:
            super().__init__(stage)

    try:
        run_state_machine_as_test(seed(number)(Machine), settings=_settings(diligence))
    except (Mismatch, Flaky):
        return stage.hunt_another()
    except Over:
        return False
    return False


def _settings(diligence: Diligence) -> settings:
    return settings(
        max_examples=diligence.plays,
        stateful_step_count=diligence.steps,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
    )


def _writing(machine: Any) -> bool:
    return bool(machine.play.cast)


class _Machine(RuleBasedStateMachine):
    """One play, whose steps Hypothesis chooses."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.play = Play(stage)

    @rule(statuses=_ANY_STATUSES, limit=_LIMITS, page=st.integers(1, 3), service=st.none() | _NUMBERS)
    def list_page(self, statuses: list[str], limit: int, page: int, service: int | None) -> None:
        self.play.list_page(statuses, limit, page, service)

    @rule()
    def list_by_default(self) -> None:
        self.play.list_by_default()

    @rule()
    def list_on(self) -> None:
        self.play.list_on()

    @precondition(_writing)
    @rule(which=_NUMBERS, step=_NUMBERS)
    def advance(self, which: int, step: int) -> None:
        self.play.advance(which, step)

    @precondition(_writing)
    @rule(which=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def update(self, which: int, status: str | None, links: bool) -> None:
        self.play.update(which, status, links=links)

    @precondition(_writing)
    @rule(which=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def call_back(self, which: int, status: str | None, links: bool) -> None:
        self.play.call_back(which, status, links=links)

    @precondition(_writing)
    @rule(which=_NUMBERS)
    def complete(self, which: int) -> None:
        self.play.complete(which)

    @precondition(_writing)
    @rule(changes=st.lists(st.tuples(_NUMBERS, _STATUSES), min_size=1, max_size=4), strangers=st.booleans())
    def update_many(self, changes: list[tuple[int, str]], strangers: bool) -> None:
        self.play.update_many(changes, strangers=strangers)

    @precondition(_writing)
    @rule(which=_NUMBERS)
    def refuse(self, which: int) -> None:
        self.play.refuse(which)

    @precondition(_writing)
    @rule()
    def trespass(self) -> None:
        self.play.trespass()

    def teardown(self) -> None:
        self.play.finish()
