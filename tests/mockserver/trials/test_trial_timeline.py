"""A trial as a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.reports.timeline import MomentKind, Timeline
from workerkit.mockserver.trials.trial_timeline import timeline_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Event, Run
from workerkit.scenarios.run_record.violation import Violation

SCENARIO = Scenario("day", "A day", "Nothing happens.", WorldPlan((ServerPlan("server-01"),), ()))
MASK = Mask([("key", "canary-key")], salt=b"a")


def exchange(
    number: int, status: int | None = 200, operation: str | None = "listTasks", **more: object
) -> Exchange:
    """An exchange that began 1000 + number seconds after 1970 and took half a second."""
    given = {"method": "GET", "path": "/api/v1/worker/tasks", "query": "", "why": "", **more}
    began, ended = 1000.0 + number, 1000.5 + number
    return Exchange(
        number,
        operation,
        "server-01",
        request_headers=(),
        request_body=b"",
        status=status,
        answer_headers=(),
        answer_body=b"",
        began=began,
        ended=ended,
        **given,  # type: ignore[arg-type]
    )


def change(task: str, was: str, now: str, *, within: int) -> Change:
    return Change("task", task, "status", was, now, 1000.25 + within, within - 1)


def tell(
    exchanges: Sequence[Exchange],
    *,
    tasks: dict[str, str] | None = None,
    changes: Sequence[Change] = (),
    events: Sequence[Event] = (),
    broken: Sequence[Violation] = (),
) -> Timeline:
    """The timeline of a run after which the tasks have these statuses."""
    listed = tuple(
        {"id": task, "status": status, "server": "server-01"} for task, status in (tasks or {}).items()
    )
    run = Run(SCENARIO, tuple(exchanges), listed, tuple(events), 0, "exit", "server-01", "canary-key")
    return timeline_of(replace(run, changes=tuple(changes)), broken, MASK)


def test_each_exchange_is_a_moment_with_the_statuses_after_it() -> None:
    timeline = tell(
        [exchange(1), exchange(2, operation="updateTask"), exchange(3, operation="updateTask", status=403)],
        tasks={"a": "running", "b": "pending"},
        changes=[change("a", "pending", "running", within=2)],
    )
    assert [(moment.first, moment.at, moment.answer) for moment in timeline.moments] == [
        (1, 0.0, "200"),
        (2, 1.0, "200"),
        (3, 2.0, "403"),
    ]
    assert [moment.statuses for moment in timeline.moments] == [
        {"pending": 2},
        {"pending": 1, "running": 1},
        {"pending": 1, "running": 1},
    ]
    assert [moment.changes for moment in timeline.moments] == [(), ("task a: pending → running",), ()]


def test_each_task_has_a_lane_with_its_statuses_those_that_changed_first() -> None:
    timeline = tell(
        [exchange(1), exchange(2)],
        tasks={"b": "pending", "a": "completed"},
        changes=[change("a", "queued", "running", within=1), change("a", "running", "completed", within=2)],
    )
    assert [lane.task for lane in timeline.lanes] == ["a", "b"]
    assert [(spell.status, spell.begin, spell.end) for spell in timeline.lanes[0].spells] == [
        ("queued", 0.0, 0.25),
        ("running", 0.25, 1.25),
        ("completed", 1.25, 1.5),
    ]
    assert [(spell.status, spell.begin, spell.end) for spell in timeline.lanes[1].spells] == [
        ("pending", 0.0, 1.5)
    ]


def test_tasks_of_other_servers_are_not_in_it() -> None:
    run = Run(
        SCENARIO,
        (exchange(1),),
        ({"id": "a", "status": "failed", "server": "server-02"},),
        (),
        0,
        "exit",
        "server-01",
        "k",
    )
    timeline = timeline_of(replace(run, changes=(change("a", "pending", "failed", within=1),)), (), MASK)
    assert (timeline.lanes, timeline.moments[0].statuses, timeline.moments[0].changes) == ((), {}, ())


def test_a_happening_stands_before_the_exchange_in_which_it_took_place() -> None:
    timeline = tell(
        [exchange(1), exchange(2), exchange(3)],
        events=[Event(1002.1, "revoke-key", "server-01"), Event(1099.0, "restore-key", "server-01")],
    )
    assert [moment.text for moment in timeline.moments if moment.kind is MomentKind.HAPPENING] == [
        "revoke-key server-01",
        "restore-key server-01",
    ]
    assert [moment.first for moment in timeline.moments] == [1, 0, 2, 3, 0]
    assert [at for at, _ in timeline.happenings] == pytest.approx([1.1, 98.0])


def test_the_exchanges_that_broke_rules_are_marked() -> None:
    broken = [Violation("a-rule", "", (2,)), Violation("b-rule", "", (2, 3)), Violation("a-rule", "", (2,))]
    timeline = tell([exchange(1), exchange(2), exchange(3)], broken=broken)
    assert [moment.rules for moment in timeline.moments] == [(), ("a-rule", "b-rule"), ("b-rule",)]
    assert [tick.is_broken for tick in timeline.ticks] == [False, True, True]


def test_no_answer_is_said_to_be_none() -> None:
    timeline = tell([exchange(1, status=None)])
    assert (timeline.moments[0].answer, timeline.ticks[0].family) == ("no answer", 0)


def test_exchanges_alike_are_folded_with_what_they_changed() -> None:
    ids = [f"task-{number}" for number in range(1, 21)]
    timeline = tell(
        [exchange(number, operation="updateTask", method="PUT") for number in range(1, 21)],
        tasks=dict.fromkeys(ids, "completed"),
        changes=[change(task, "pending", "completed", within=number) for number, task in enumerate(ids, 1)],
    )
    assert [(moment.kind, moment.first, moment.last, moment.count) for moment in timeline.moments] == [
        (MomentKind.EXCHANGE, 1, 1, 1),
        (MomentKind.EXCHANGE, 2, 2, 1),
        (MomentKind.FOLD, 3, 19, 17),
        (MomentKind.EXCHANGE, 20, 20, 1),
    ]
    fold = timeline.moments[2]
    assert (fold.text, fold.changes) == ("PUT /tasks/{id}", ("17 tasks: pending → completed",))
    assert fold.statuses == {"completed": 19, "pending": 1}


def test_a_rule_broken_in_the_middle_of_exchanges_alike_is_not_folded_away() -> None:
    exchanges = [exchange(number) for number in range(1, 101)]
    timeline = tell(exchanges, broken=[Violation("a-rule", "", (50,))])
    assert [moment.first for moment in timeline.moments if moment.rules] == [50]


def test_secrets_are_masked_and_long_texts_cut() -> None:
    timeline = tell(
        [exchange(1, path="/api/v1/worker/canary-key", query="a=" + "b" * 500, why="for canary-key")],
        events=[Event(1001.0, "revoke-key", "canary-key")],
    )
    assert "canary" not in repr(timeline)
    assert "<key " in timeline.moments[1].why
    assert all(len(moment.text) < 200 for moment in timeline.moments)


@given(st.lists(st.sampled_from([200, 401, 500, None]), min_size=1, max_size=60), st.integers(1, 100))
@settings(max_examples=40, deadline=None)
def test_however_many_exchanges_the_timeline_is_bounded_and_counts_them_all(
    statuses: list[int | None], times: int
) -> None:
    pattern = statuses * times
    exchanges = [exchange(number, status) for number, status in enumerate(pattern, 1)]
    events = [Event(1001.5 + 3 * number, "set-server", "server-01") for number in range(len(pattern) // 10)]
    timeline = tell(exchanges, events=events)
    assert len(timeline.moments) <= 400
    assert len(timeline.ticks) <= 1001
    left_out = sum(
        int(moment.text.split()[0]) for moment in timeline.moments if moment.kind is MomentKind.GAP
    )
    assert left_out + sum(moment.count for moment in timeline.moments) == len(pattern)
    numbers = [
        number for moment in timeline.moments if moment.first for number in (moment.first, moment.last)
    ]
    assert all(one <= other for one, other in pairwise(numbers))


def test_of_many_tasks_some_have_lanes_and_the_others_are_counted() -> None:
    timeline = tell([exchange(1)], tasks={f"task-{number}": "pending" for number in range(500)})
    assert len(timeline.lanes) + timeline.more_lanes == 500
    assert len(timeline.lanes) <= 100


def test_a_run_without_requests_has_an_empty_timeline() -> None:
    timeline = tell([], tasks={"a": "pending"})
    assert (timeline.moments, timeline.ticks, timeline.seconds) == ((), (), 0.0)
