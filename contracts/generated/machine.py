"""The machine: plays of random requests on a target and the model, and the shortest in which they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from workerkit.contracts.generated.episode import Episode
from workerkit.contracts.generated.exploration import Exploration, ExplorationOverError, MismatchError
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import RunContext

Step = Callable[[Episode], None]
_MOST_ROUNDS = 4
_NUMBERS = st.integers(0, 11)
_STATUSES = st.sampled_from(lenient_spec.enumeration("TaskStatus"))
_ANY_STATUSES = st.lists(_STATUSES, min_size=1, max_size=6, unique=True)
_LIMITS = st.sampled_from([1, 2, 3, 7, 50, 1000])


@dataclass(frozen=True, slots=True)
class EpisodeBudget:
    """How much is played: so many plays of so many steps, with at most so many requests in all."""

    episodes: int
    steps: int
    requests: int


def run_episodes(context: RunContext, diligence: EpisodeBudget, number: int) -> str:
    """Plays, and notes what it found in the walk's ledger; answers why it gave up, or nothing.

    `number` is the seed: the same one sends the same requests to the same server. A play that shows a fault
    is played again with fewer steps, as long as it still shows it, within the requests.
    """
    exploration = Exploration(context, diligence.requests)
    with isolated_hypothesis(), suppress(ExplorationOverError):
        for _ in range(_MOST_ROUNDS):
            if not _plays_on(exploration, diligence, number):
                break
    for each in exploration.found.values():
        context.ledger.fail(each.rule, each.message, each.exchanges)
    return exploration.given_up


def _plays_on(exploration: Exploration, diligence: EpisodeBudget, number: int) -> bool:
    """Plays until something is found that was not before; False where nothing is. Raises Over."""
    failed: list[Step] = []

    # No class of its own: Hypothesis keeps all classes of machines, and this one would keep the whole run.
    @seed(number)
    def machine() -> _Machine:
        return _Machine(exploration, failed)

    try:
        run_state_machine_as_test(cast("type[_Machine]", machine), settings=_settings(diligence))
    except (MismatchError, Flaky):
        _shorten(exploration, failed)
        return exploration.hunt_another()
    return False


def _shorten(exploration: Exploration, steps: Sequence[Step]) -> None:
    """Leaves out one step after the other, from the last to the first, where what is hunted still shows."""
    kept = list(steps)
    for place in reversed(range(len(kept))):
        fewer = kept[:place] + kept[place + 1 :]
        if _shows(exploration, fewer):
            kept = fewer


def _shows(exploration: Exploration, steps: Iterable[Step]) -> bool:
    episode = Episode(exploration)
    try:
        for step in steps:
            step(episode)
        episode.finish()
    except MismatchError:
        return True
    return False


def _settings(diligence: EpisodeBudget) -> settings:
    return settings(
        max_examples=diligence.episodes,
        stateful_step_count=diligence.steps,
        # What is shrunk are the steps, not what Hypothesis drew them from: that takes far fewer requests.
        phases=(Phase.generate,),
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
    """One play, whose steps Hypothesis chooses. In `failed` are the steps of the last one that failed."""

    def __init__(self, exploration: Exploration, failed: list[Step]) -> None:
        super().__init__()
        self.play = Episode(exploration)
        self._steps: list[Step] = []
        self._failed = failed

    @rule(statuses=_ANY_STATUSES, limit=_LIMITS, page=st.integers(1, 3), service=st.none() | _NUMBERS)
    def list_page(self, statuses: list[str], limit: int, page: int, service: int | None) -> None:
        self._do(lambda episode: episode.list_page(statuses, limit, page, service))

    @rule()
    def list_by_default(self) -> None:
        self._do(Episode.list_by_default)

    @rule()
    def list_on(self) -> None:
        self._do(Episode.list_on)

    @precondition(_writing)
    @rule(which=_NUMBERS, step=_NUMBERS)
    def advance(self, which: int, step: int) -> None:
        self._do(lambda episode: episode.advance(which, step))

    @precondition(_writing)
    @rule(which=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def update(self, which: int, status: str | None, links: bool) -> None:
        self._do(lambda episode: episode.update(which, status, links=links))

    @precondition(_writing)
    @rule(which=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def call_back(self, which: int, status: str | None, links: bool) -> None:
        self._do(lambda episode: episode.call_back(which, status, links=links))

    @precondition(_writing)
    @rule(which=_NUMBERS)
    def complete(self, which: int) -> None:
        self._do(lambda episode: episode.complete(which))

    @precondition(_writing)
    @rule(changes=st.lists(st.tuples(_NUMBERS, _STATUSES), min_size=1, max_size=4), strangers=st.booleans())
    def update_many(self, changes: list[tuple[int, str]], strangers: bool) -> None:
        self._do(lambda episode: episode.update_many(changes, strangers=strangers))

    @precondition(_writing)
    @rule(which=_NUMBERS)
    def refuse(self, which: int) -> None:
        self._do(lambda episode: episode.refuse(which))

    @precondition(_writing)
    @rule()
    def trespass(self) -> None:
        self._do(Episode.trespass)

    def teardown(self) -> None:
        self._do(Episode.finish)

    def _do(self, step: Step) -> None:
        self._steps.append(step)
        try:
            step(self.play)
        except MismatchError:
            self._failed[:] = self._steps
            raise
