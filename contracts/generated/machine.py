"""Runs random episodes on the target. Shortens an episode if the target differs from the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.generated.episode import Episode
from workerkit.contracts.generated.exploration import Exploration, ExplorationOverError, MismatchError
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.stale_answers import STALE
from workerkit.openapi.languages.phrase import phrase

Step = Callable[[Episode], None]
_MAX_ROUNDS = 4
_NUMBERS = st.integers(0, 11)
_ALL_STATUSES = lenient_spec.enum_values("TaskStatus")
_STATUSES = st.sampled_from(_ALL_STATUSES)
_STATUS_LISTS = st.lists(_STATUSES, min_size=1, max_size=len(_ALL_STATUSES), unique=True)
_MAX_LIMIT = lenient_spec.parameter_maximum("limit")
_LIMITS = st.sampled_from([*(limit for limit in (1, 2, 3, 7, 50) if limit < _MAX_LIMIT), _MAX_LIMIT])


@dataclass(frozen=True, slots=True)
class EpisodeBudget:
    """The limits of the random episodes of one run.

    episodes: the number of episodes.
    steps: the maximum number of steps of one episode.
    requests: the maximum number of requests of all episodes together.
    """

    episodes: int
    steps: int
    requests: int

    def scaled(self, share: float) -> EpisodeBudget:
        """The budget with this share of the episodes and of the requests. There is at least one episode."""
        return EpisodeBudget(max(1, round(self.episodes * share)), self.steps, round(self.requests * share))


def run_episodes(context: RunContext, budget: EpisodeBudget, seed: int) -> str:
    """Runs random episodes and adds the findings to the results of the run.

    If an episode shows a flaw, it runs again with fewer steps, to find a shorter one with the same flaw.
    The same seed sends the same requests to the same target.
    Returns the reason why there was no model, or an empty text.
    """
    if context.ledger.has_topic(STALE):
        return phrase("the server keeps old lists, so a list does not show the state of its tasks")
    exploration = Exploration(context, budget.requests)
    with isolated_hypothesis(), suppress(ExplorationOverError):
        for _ in range(_MAX_ROUNDS):
            if not _finds_new_cause(exploration, budget, seed):
                break
    for finding in exploration.findings.values():
        context.ledger.mark_broken(finding.rule, finding.message, finding.exchanges)
    return exploration.give_up_reason


def _finds_new_cause(exploration: Exploration, budget: EpisodeBudget, seed: int) -> bool:
    """Runs episodes until one shows a new cause. False if none shows one. Raises ExplorationOverError."""
    failed_steps: list[Step] = []

    # This is a function and not a class, because Hypothesis keeps every machine class until the process ends.
    # A class in this place would keep the whole run in memory.
    @hypothesis.seed(seed)
    def new_machine() -> _Machine:
        return _Machine(exploration, failed_steps)

    try:
        run_state_machine_as_test(cast("type[_Machine]", new_machine), settings=_settings(budget))
    except (MismatchError, Flaky):
        _shorten(exploration, failed_steps)
        return exploration.ignore_found_causes()
    return False


def _shorten(exploration: Exploration, steps: Sequence[Step]) -> None:
    """Removes each step that is not needed to show the current cause. Starts with the last step."""
    kept = list(steps)
    for place in reversed(range(len(kept))):
        fewer_steps = kept[:place] + kept[place + 1 :]
        if _shows_current_cause(exploration, fewer_steps):
            kept = fewer_steps


def _shows_current_cause(exploration: Exploration, steps: Iterable[Step]) -> bool:
    episode = Episode(exploration)
    try:
        for step in steps:
            step(episode)
        episode.finish()
    except MismatchError:
        return True
    except LeftOutError:
        return False
    return False


def _settings(budget: EpisodeBudget) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=budget.episodes,
        stateful_step_count=budget.steps,
        # Hypothesis does not shorten the episodes, because `_shorten` needs far fewer requests.
        phases=(Phase.generate,),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
    )


def _can_write(machine: Any) -> bool:
    return bool(machine.episode.task_ids)


class _Machine(RuleBasedStateMachine):
    """One episode. Hypothesis chooses its steps.

    Hypothesis sorts the methods and their parameters by name before it chooses. With other names, or with
    another number of parameters, the same seed sends other requests.
    failed_steps: gets the steps of the last episode that showed a flaw.
    """

    def __init__(self, exploration: Exploration, failed_steps: list[Step]) -> None:
        super().__init__()
        self.episode = Episode(exploration)
        self._steps: list[Step] = []
        self._failed_steps = failed_steps

    @rule(statuses=_STATUS_LISTS, limit=_LIMITS, page=st.integers(1, 3), service_index=st.none() | _NUMBERS)
    def list_page(self, statuses: list[str], limit: int, page: int, service_index: int | None) -> None:
        self._run_step(lambda episode: episode.list_page(statuses, limit, page, service_index))

    @rule()
    def list_by_default(self) -> None:
        self._run_step(Episode.list_by_default)

    @rule()
    def list_next_page(self) -> None:
        self._run_step(Episode.list_next_page)

    @precondition(_can_write)
    @rule(task_index=_NUMBERS, step_index=_NUMBERS)
    def advance(self, task_index: int, step_index: int) -> None:
        self._run_step(lambda episode: episode.advance(task_index, step_index))

    @precondition(_can_write)
    @rule(task_index=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def update(self, task_index: int, status: str | None, links: bool) -> None:
        self._run_step(lambda episode: episode.update(task_index, status, links=links))

    @precondition(_can_write)
    @rule(task_index=_NUMBERS, status=st.none() | _STATUSES, links=st.booleans())
    def send_link_callback(self, task_index: int, status: str | None, links: bool) -> None:
        self._run_step(lambda episode: episode.send_link_callback(task_index, status, links=links))

    @precondition(_can_write)
    @rule(task_index=_NUMBERS)
    def complete(self, task_index: int) -> None:
        self._run_step(lambda episode: episode.complete(task_index))

    @precondition(_can_write)
    @rule(
        changes=st.lists(st.tuples(_NUMBERS, _STATUSES), min_size=1, max_size=4), with_refused=st.booleans()
    )
    def update_in_bulk(self, changes: list[tuple[int, str]], with_refused: bool) -> None:
        self._run_step(lambda episode: episode.update_in_bulk(changes, with_refused=with_refused))

    @precondition(_can_write)
    @rule(task_index=_NUMBERS)
    def send_unknown_status(self, task_index: int) -> None:
        self._run_step(lambda episode: episode.send_unknown_status(task_index))

    @precondition(_can_write)
    @rule()
    def update_foreign_task(self) -> None:
        self._run_step(Episode.update_foreign_task)

    def teardown(self) -> None:
        self._run_step(Episode.finish)

    def _run_step(self, step: Step) -> None:
        self._steps.append(step)
        try:
            step(self.episode)
        except MismatchError:
            self._failed_steps[:] = self._steps
            raise
        except LeftOutError:
            # Without the answer, the model does not know what the target did.
            self.episode.is_over = True
        except ExplorationOverError:
            # Hypothesis also calls `teardown` in this case.
            self.episode.is_over = True
            raise
