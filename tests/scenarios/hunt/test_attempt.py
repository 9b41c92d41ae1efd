"""Attempts: each is a scenario that a file can have, and all of them are fair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import (
    LONG_TROUBLES,
    OTHER_FORMS,
    RESTARTS,
    TROUBLES_TO_TRY,
    HuntedTrouble,
)
from workerkit.scenarios.hunt.pair_attempts import Followed, alternating, pair_attempts
from workerkit.scenarios.hunt.single_attempts import other_single_attempts, single_attempts
from workerkit.scenarios.hunt.slot import SLOT_KINDS, Slot
from workerkit.scenarios.hunt.smaller_attempts import smaller_attempts
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.loading.writer import scenario_text
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.trigger import OnAsked

TROUBLES = {trouble.name: trouble for trouble in (*TROUBLES_TO_TRY, *OTHER_FORMS, *LONG_TROUBLES, *RESTARTS)}
ALL_SLOTS = [Slot(kind, number) for kind in SLOT_KINDS for number in (1, 2, 9)]
SINGLE_ATTEMPTS = (*single_attempts(ALL_SLOTS), *other_single_attempts(ALL_SLOTS))


def step(kind: str, trouble: str, number: int = 1) -> HuntStep:
    return HuntStep(Slot(kind, number), TROUBLES[trouble])


def trouble_at(attempt: Attempt) -> tuple[str, str]:
    return attempt.steps[0].slot.kind, attempt.steps[0].trouble.name


def test_every_attempt_can_be_written_and_read_again() -> None:
    for attempt in (*SINGLE_ATTEMPTS[::5], *pair_attempts(survived(), seed=1)[::200]):
        scenario = attempt.scenario
        read = loader.parse(scenario_text(scenario).encode(), name=f"{attempt.name}.yaml")
        assert replace(read, source="") == scenario


def test_a_trial_does_not_end_while_a_worker_may_repeat_its_last_request(
    attempt: Callable[..., Exchange],
) -> None:
    lost = attempt(0.0, status=None)
    until = Attempt((step("completion", "answer-lost"),), tasks=1, failing_tasks=0).scenario.until
    assert not until.holds(statuses=["completed"], exchanges=[lost], now=lost.ended + 2.4)
    assert until.holds(statuses=["completed"], exchanges=[lost], now=lost.ended + 2.6)


def test_the_documentation_has_every_trouble() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/hunt.md").read_text("utf-8")
    assert [name for name in TROUBLES if f"`{name}`" not in page] == []


def test_each_trouble_comes_at_a_completion_first_and_then_at_every_other_kind() -> None:
    attempts = single_attempts(ALL_SLOTS)
    assert [trouble_at(attempt)[0] for attempt in attempts[: len(TROUBLES_TO_TRY)]] == ["completion"] * len(
        TROUBLES_TO_TRY
    )
    tried = {trouble_at(attempt) for attempt in attempts}
    assert {("heartbeat", "hang"), ("requeue", "answer-lost"), ("logs", "outage")} <= tried
    assert len(set(attempts)) == len(attempts)


def test_no_attempt_is_unfair() -> None:
    reports = {"running", "completion", "failure"}
    for attempt in SINGLE_ATTEMPTS:
        (only,) = attempt.steps
        if only.trouble.is_change_of_world:
            assert only.slot.kind in reports
        if only.trouble in RESTARTS:
            assert only.slot.kind in {*reports, "requeue"}
        if only.trouble.name in ("401", "key-revoked"):
            assert only.slot not in (Slot("first-page"), Slot("heartbeat"))
        if only.trouble.needs_status_flow:
            assert {group.fields["status"] for group in attempt.scenario.world.tasks} == {"queued"}
            assert attempt.scenario.world.dialect["transitions"] == "strict"
    assert {only.trouble for attempt in SINGLE_ATTEMPTS for only in attempt.steps} == set(TROUBLES.values())


def test_the_library_has_every_trouble_that_a_hunt_tries() -> None:
    scenarios = map(library.find, library.names())
    in_library = {
        form(effect) for scenario in scenarios for happening in scenario.when for effect in happening.effects
    }
    tried = {form(effect) for trouble in TROUBLES.values() for effect in trouble.effects}
    assert tried - in_library == set()


def form(effect: Effect) -> tuple[str, str]:
    """The kind of an effect, and for a fault or an answer which one."""
    return effect.kind, effect.subject if isinstance(effect, AddFault | Respond) else ""


def test_every_trouble_ends() -> None:
    for trouble in TROUBLES.values():
        for effect in trouble.effects:
            schedule = getattr(getattr(effect, "planned", None), "schedule", None)
            assert schedule is None or schedule.nth == 1 or schedule.calls.last is not None
        kinds = [effect.kind for effect in trouble.effects]
        assert not {"kill-worker", "stop-worker"} & {*kinds} or kinds[-1] == "start-worker"
    assert [trouble.name for trouble in TROUBLES.values() if trouble.end] == ["key-revoked"]


def test_an_attempt_is_a_story() -> None:
    attempt = Attempt((step("completion", "answer-lost", 2),), tasks=1, failing_tasks=0)
    assert attempt.name == "completion-2-answer-lost"
    assert attempt.story == (
        "The worker has 1 task.",
        "When the worker reports task 2 as completed, the request takes effect, but its answer is lost.",
    )
    assert [group.count for group in attempt.scenario.world.tasks] == [1]
    assert len(attempt.scenario.world.servers) == 1


def survived() -> list[Followed]:
    """All attempts with one trouble, each followed by the same requests."""
    kinds = ("completion", "first-page", "running", "heartbeat")
    slots = tuple(Slot(kind, follows=True) for kind in kinds)
    return [(attempt, slots) for attempt in single_attempts(ALL_SLOTS)]


def test_the_second_trouble_follows_the_first_one() -> None:
    for pair in pair_attempts(survived(), seed=1):
        first, *_, second = pair.scenario.when
        assert first.name == "first"
        assert isinstance(second.trigger, OnAsked)
        assert second.trigger.since == "first"
        assert pair.steps[1].sentence.startswith("After that, when the worker next ")


def test_no_pair_is_unfair() -> None:
    pairs = pair_attempts(survived(), seed=1)
    for pair in pairs:
        troubles = [step.trouble for step in pair.steps]
        assert all(step.trouble.fits(step.slot) for step in pair.steps)
        assert not (
            any(trouble.needs_status_flow for trouble in troubles)
            and any(trouble.takes_effect for trouble in troubles)
        )
    assert any(pair.steps[1].trouble.needs_status_flow for pair in pairs)


def test_each_pair_comes_once_and_the_near_ones_come_first() -> None:
    pairs = pair_attempts(survived(), seed=1)
    assert len(set(pairs)) == len(pairs)
    assert pairs[0].name == "completion-2-5xx-then-completion-1-5xx"
    kinds = [pair.steps[1].slot.kind for pair in pairs]
    assert kinds.index("completion") < kinds.index("first-page") < kinds.index("heartbeat")
    changes = [any(step.trouble.is_change_of_world for step in pair.steps) for pair in pairs]
    assert changes[:8] == [False, False, False, True] * 2


def test_another_seed_changes_only_the_order_of_pairs() -> None:
    one, again, other = (pair_attempts(survived(), seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert set(one) == set(other)


def test_few_attempts_alternate_with_many() -> None:
    attempts = [Attempt(tasks=tasks) for tasks in range(1, 8)]
    order = [attempt.tasks for attempt in alternating(attempts[:4], attempts[4:], every=2)]
    assert order == [1, 2, 5, 3, 4, 6, 7]


def test_smaller_attempts_lead_to_one_trouble_and_one_task() -> None:
    second = HuntStep(Slot("heartbeat", follows=True), TROUBLES["slow"])
    attempt = Attempt((step("completion", "outage", 2), second))
    sizes = [size(smaller) for smaller in smaller_attempts(attempt)]
    assert size(attempt) not in sizes
    smallest = attempt
    while following := [smaller for smaller in smaller_attempts(smallest) if size(smaller) < size(smallest)]:
        smallest = min(following, key=size)
    (only,) = smallest.steps
    assert smallest.tasks + smallest.failing_tasks == 1
    assert not only.slot.follows
    assert only.trouble.name in ("5xx", "slow")


def test_a_report_of_a_later_task_may_become_the_first_of_two_tasks() -> None:
    attempt = Attempt((step("completion", "5xx", 8),))
    smaller = [(other.tasks, other.failing_tasks, other.name) for other in smaller_attempts(attempt)]
    assert smaller[:3] == [
        (1, 0, "completion-1-5xx"),
        (0, 1, "completion-1-5xx"),
        (1, 1, "completion-1-5xx"),
    ]


def test_no_smaller_attempt_is_larger_in_any_way() -> None:
    one_task = Attempt((step("completion", "5xx"),), tasks=1, failing_tasks=0)
    assert list(smaller_attempts(one_task)) == []
    for attempt in SINGLE_ATTEMPTS[::5]:
        for smaller in smaller_attempts(attempt):
            assert all(new <= old for new, old in zip(size(smaller), size(attempt), strict=True))


def size(attempt: Attempt) -> tuple[int, int, int, int]:
    long = sum(is_long(step.trouble) for step in attempt.steps)
    numbers = sum(step.slot.number for step in attempt.steps)
    return len(attempt.steps), long, attempt.tasks + attempt.failing_tasks, numbers


def is_long(trouble: HuntedTrouble) -> bool:
    return trouble in LONG_TROUBLES
