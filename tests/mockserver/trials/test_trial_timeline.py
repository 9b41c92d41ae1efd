"""Timelines of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.reports.timeline import ExchangeBodies, Timeline, TimelineRowKind
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
    """Makes an exchange that began 1000 + `number` seconds after 1970 and took half a second."""
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


def make_timeline(
    exchanges: Sequence[Exchange],
    *,
    tasks: dict[str, str] | None = None,
    changes: Sequence[Change] = (),
    events: Sequence[Event] = (),
    violations: Sequence[Violation] = (),
) -> Timeline:
    """Makes the timeline of a run. `tasks` are the statuses of the tasks at the end of the run."""
    listed = tuple(
        {"id": task, "status": status, "server": "server-01"} for task, status in (tasks or {}).items()
    )
    run = Run(SCENARIO, tuple(exchanges), listed, tuple(events), 0, "exit", "server-01", "canary-key")
    return timeline_of(replace(run, changes=tuple(changes)), violations, MASK)


def test_each_exchange_is_a_moment_with_the_statuses_after_it() -> None:
    timeline = make_timeline(
        [exchange(1), exchange(2, operation="updateTask"), exchange(3, operation="updateTask", status=403)],
        tasks={"a": "running", "b": "pending"},
        changes=[change("a", "pending", "running", within=2)],
    )
    assert [(row.first, row.at, row.answer) for row in timeline.rows] == [
        (1, 0.0, "200"),
        (2, 1.0, "200"),
        (3, 2.0, "403"),
    ]
    assert [row.statuses for row in timeline.rows] == [
        {"pending": 2},
        {"pending": 1, "running": 1},
        {"pending": 1, "running": 1},
    ]
    assert [row.changes for row in timeline.rows] == [(), ("task a: pending → running",), ()]


def test_each_task_has_a_lane_with_its_statuses_those_that_changed_first() -> None:
    timeline = make_timeline(
        [exchange(1), exchange(2)],
        tasks={"b": "pending", "a": "completed"},
        changes=[change("a", "queued", "running", within=1), change("a", "running", "completed", within=2)],
    )
    assert [lane.task for lane in timeline.lanes] == ["a", "b"]
    assert [(spell.status, spell.begin, spell.end) for spell in timeline.lanes[0].periods] == [
        ("queued", 0.0, 0.25),
        ("running", 0.25, 1.25),
        ("completed", 1.25, 1.5),
    ]
    assert [(spell.status, spell.begin, spell.end) for spell in timeline.lanes[1].periods] == [
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
    assert (timeline.lanes, timeline.rows[0].statuses, timeline.rows[0].changes) == ((), {}, ())


def test_an_event_comes_before_the_exchange_in_which_it_took_place() -> None:
    timeline = make_timeline(
        [exchange(1), exchange(2), exchange(3)],
        events=[Event(1002.1, "revoke-key", "server-01"), Event(1099.0, "restore-key", "server-01")],
    )
    assert [row.text for row in timeline.rows if row.kind is TimelineRowKind.EVENT] == [
        "revoke-key server-01",
        "restore-key server-01",
    ]
    assert [row.first for row in timeline.rows] == [1, 0, 2, 3, 0]
    assert [at for at, _ in timeline.events] == pytest.approx([1.1, 98.0])


def test_the_exchanges_that_broke_rules_are_marked() -> None:
    violations = [
        Violation("a-rule", "", (2,)),
        Violation("b-rule", "", (2, 3)),
        Violation("a-rule", "", (2,)),
    ]
    timeline = make_timeline([exchange(1), exchange(2), exchange(3)], violations=violations)
    assert [row.rules for row in timeline.rows] == [(), ("a-rule", "b-rule"), ("b-rule",)]
    assert [tick.broke_rule for tick in timeline.ticks] == [False, True, True]


def test_a_missing_answer_is_called_no_answer() -> None:
    timeline = make_timeline([exchange(1, status=None)])
    assert (timeline.rows[0].answer, timeline.ticks[0].status_class) == ("no answer", 0)


def test_similar_exchanges_become_one_row_with_their_changes() -> None:
    ids = [f"task-{number}" for number in range(1, 21)]
    timeline = make_timeline(
        [exchange(number, operation="updateTask", method="PUT") for number in range(1, 21)],
        tasks=dict.fromkeys(ids, "completed"),
        changes=[change(task, "pending", "completed", within=number) for number, task in enumerate(ids, 1)],
    )
    assert [(row.kind, row.first, row.last, row.count) for row in timeline.rows] == [
        (TimelineRowKind.EXCHANGE, 1, 1, 1),
        (TimelineRowKind.EXCHANGE, 2, 2, 1),
        (TimelineRowKind.REPEATED, 3, 19, 17),
        (TimelineRowKind.EXCHANGE, 20, 20, 1),
    ]
    joined = timeline.rows[2]
    assert (joined.text, joined.changes) == ("PUT /tasks/{id}", ("17 tasks: pending → completed",))
    assert joined.statuses == {"completed": 19, "pending": 1}


def test_an_exchange_that_broke_a_rule_keeps_its_row() -> None:
    exchanges = [exchange(number) for number in range(1, 101)]
    timeline = make_timeline(exchanges, violations=[Violation("a-rule", "", (50,))])
    assert [row.first for row in timeline.rows if row.rules] == [50]


def test_secrets_are_masked_and_long_texts_cut() -> None:
    timeline = make_timeline(
        [exchange(1, path="/api/v1/worker/canary-key", query="a=" + "b" * 500, why="for canary-key")],
        events=[Event(1001.0, "revoke-key", "canary-key")],
    )
    assert "canary" not in repr(timeline)
    assert "<key " in timeline.rows[1].why
    assert all(len(row.text) < 200 for row in timeline.rows)


def test_bodies_have_no_secrets_and_long_ones_are_cut() -> None:
    body = b'{"password":"open sesame","note":"canary-key"}'
    one = replace(exchange(1), request_body=body, answer_body=b"x" * 3000)
    bodies = make_timeline([one, exchange(2)]).bodies_of(1)
    assert "open sesame" not in bodies.sent
    assert "canary-key" not in bodies.sent
    assert bodies.sent.startswith('{"password":"<password ')
    assert bodies.received == 2000 * "x" + "…"
    assert make_timeline([one, exchange(2)]).bodies_of(2) == ExchangeBodies()


@given(st.lists(st.sampled_from([200, 401, 500, None]), min_size=1, max_size=60), st.integers(1, 100))
@settings(max_examples=40, deadline=None)
def test_the_timeline_of_many_exchanges_is_limited_and_counts_all_exchanges(
    statuses: list[int | None], times: int
) -> None:
    pattern = statuses * times
    exchanges = [exchange(number, status) for number, status in enumerate(pattern, 1)]
    events = [Event(1001.5 + 3 * number, "set-server", "server-01") for number in range(len(pattern) // 10)]
    timeline = make_timeline(exchanges, events=events)
    assert len(timeline.rows) <= 400
    assert len(timeline.ticks) <= 1001
    left_out = sum(int(row.text.split()[0]) for row in timeline.rows if row.kind is TimelineRowKind.GAP)
    assert left_out + sum(row.count for row in timeline.rows) == len(pattern)
    numbers = [number for row in timeline.rows if row.first for number in (row.first, row.last)]
    assert all(one <= other for one, other in pairwise(numbers))


def test_only_some_of_many_tasks_have_lanes_and_the_others_are_counted() -> None:
    timeline = make_timeline([exchange(1)], tasks={f"task-{number}": "pending" for number in range(900)})
    assert len(timeline.lanes) + timeline.tasks_without_lane == 900
    assert len(timeline.lanes) <= 500


def test_a_run_without_requests_has_an_empty_timeline() -> None:
    timeline = make_timeline([], tasks={"a": "pending"})
    assert (timeline.rows, timeline.ticks, timeline.seconds) == ((), (), 0.0)
