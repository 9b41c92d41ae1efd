"""Joined attempts: every pair is tried once, and no trouble hides another one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from tests.scenarios.hunt.test_attempt import TROUBLES, step
from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import LONG_TROUBLES, RESTARTS
from workerkit.scenarios.hunt.joined_attempts import joined_attempts
from workerkit.scenarios.hunt.pair_attempts import Followed, pair_attempts
from workerkit.scenarios.hunt.single_attempts import single_attempts
from workerkit.scenarios.hunt.slot import Slot, ends_of
from workerkit.scenarios.hunt.smaller_attempts import smaller_attempts
from workerkit.scenarios.loading import loader
from workerkit.scenarios.loading.writer import scenario_text

SLOTS = (
    *(Slot("completion", number) for number in range(1, 9)),
    *(Slot("running", number) for number in range(1, 10)),
    *(Slot(kind, number) for kind in ("failure", "first-page", "logs", "heartbeat") for number in (1, 2)),
)
LATER = ("completion", "first-page", "running", "logs")


def pairs() -> tuple[Attempt, ...]:
    later = tuple(Slot(kind, follows=True) for kind in LATER)
    survived: list[Followed] = [(attempt, later) for attempt in single_attempts(ends_of(SLOTS))]
    return pair_attempts(survived, seed=1)


@pytest.fixture(scope="module")
def joined() -> tuple[Attempt, ...]:
    return tuple(joined_attempts(pairs(), SLOTS))


def what(pair: Attempt) -> tuple[object, ...]:
    """A pair without the number of the task at which it begins."""
    first, second = pair.steps
    return first.slot.kind, first.trouble, second


def test_every_pair_is_tried_once(joined: tuple[Attempt, ...]) -> None:
    parts = [what(part) for attempt in joined for part in attempt.parts]
    assert Counter(parts) == Counter(map(what, pairs()))


def test_one_trial_tries_several_pairs_at_different_requests(joined: tuple[Attempt, ...]) -> None:
    assert [len(attempt.parts) for attempt in joined[:20]] == [5] * 20
    for attempt in joined:
        places = [part.steps[0].slot for part in attempt.parts]
        tasks = [place.number for place in places if place.kind in ("completion", "running")]
        assert len(tasks) == len(set(tasks)) <= 3
        assert all(abs(one - other) >= 3 for one in tasks for other in tasks if one != other)
        assert len(places) == len(set(places))


def test_the_first_pairs_come_first(joined: tuple[Attempt, ...]) -> None:
    first = [what(part) for part in joined[0].parts]
    assert first[:3] == [what(pair) for pair in pairs()[:3]]


def test_no_joined_attempt_is_unfair(joined: tuple[Attempt, ...]) -> None:
    for attempt in joined:
        troubles = [step.trouble for step in attempt.steps]
        names = Counter(trouble.name for trouble in troubles)
        assert names["401"] <= 2
        assert names["hang"] <= 2
        assert not {*LONG_TROUBLES, *RESTARTS}.intersection(troubles) or len(attempt.parts) == 1
        is_strict = any(trouble.needs_status_flow for trouble in troubles)
        assert not (is_strict and any(trouble.takes_effect for trouble in troubles))


def test_an_attempt_with_one_trouble_stays_at_its_request() -> None:
    last = Attempt((step("completion", "5xx", 8),))
    (attempt,) = joined_attempts((*pairs()[:1], last), SLOTS)
    assert attempt.parts == (pairs()[0], last)
    first, second = joined_attempts((last, last), SLOTS)
    assert first == second == last


def test_a_joined_attempt_is_a_scenario_and_its_parts_are_smaller(joined: tuple[Attempt, ...]) -> None:
    for attempt in (attempt for attempt in joined[:400:40] if len(attempt.parts) > 1):
        scenario = attempt.scenario
        read = loader.parse(scenario_text(scenario).encode(), name=f"{attempt.name}.yaml")
        assert replace(read, source="") == scenario
        assert tuple(islice(smaller_attempts(attempt), len(attempt.parts))) == attempt.parts


def test_each_second_trouble_follows_the_first_one_of_its_pair() -> None:
    two = (
        HuntStep(Slot("completion", 2), TROUBLES["5xx"]),
        HuntStep(Slot("completion", follows=True), TROUBLES["429"]),
        HuntStep(Slot("completion", 5), TROUBLES["hang"]),
        HuntStep(Slot("logs", follows=True), TROUBLES["5xx"]),
    )
    attempt = Attempt(two)
    named = [
        (happening.name, getattr(happening.trigger, "since", None)) for happening in attempt.scenario.when
    ]
    assert named == [("first", None), (None, "first"), ("trouble-3", None), (None, "trouble-3")]
    assert [part.name for part in attempt.parts] == [
        "completion-2-5xx-then-completion-1-429",
        "completion-5-hang-then-logs-1-5xx",
    ]
    assert attempt.name == "completion-2-5xx-then-completion-1-429-and-1-more"
    assert attempt.scenario.title == "4 troubles in one run"
