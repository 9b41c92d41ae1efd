"""The trigger `asked` means the same for workers that update task by task, in bulk or by callbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.mockserver.test_triggers_and_effects import ScenarioMock

Report = Callable[[ScenarioMock, str, Sequence[str]], list[int]]


def report_singly(mock: ScenarioMock, status: str, tasks: Sequence[str]) -> list[int]:
    return [mock.update(task, status)[0] for task in tasks]


def report_in_bulk(mock: ScenarioMock, status: str, tasks: Sequence[str]) -> list[int]:
    items = [{"link_id": task, "status": status} for task in tasks]
    return [mock.send("PUT", "/tasks/bulk", {"items": items})[0]]


def report_by_callback(mock: ScenarioMock, status: str, tasks: Sequence[str]) -> list[int]:
    if status == "completed":
        return [mock.send("POST", "/callback/link/complete", {"link_id": task})[0] for task in tasks]
    bodies = ({"link_id": task, "status": status} for task in tasks)
    return [mock.send("POST", "/callback/link/update", body)[0] for body in bodies]


FORMS = {"single": report_singly, "bulk": report_in_bulk, "callback": report_by_callback}
in_each_form = pytest.mark.parametrize("report", FORMS.values(), ids=FORMS)


def asked(trigger: str, *effects: str, name: str = "") -> str:
    head = f"name: {name}, " if name else ""
    return f"  - {{{head}asked: {trigger}, do: [{', '.join(effects or ('{respond: {status: 503}}',))}]}}\n"


@in_each_form
@pytest.mark.parametrize(
    ("what", "status"),
    [("completion", "completed"), ("failure", "failed"), ("requeue", "pending"), ("running", "running")],
)
def test_the_second_task_of_which_something_is_asked_counts_in_each_form(
    report: Report, what: str, status: str
) -> None:
    mock = ScenarioMock(asked(f"{{what: {what}, number: 2}}"))
    one, two, three = mock.group_ids("first")
    assert report(mock, "queued", [one, two, three]).count(503) == 0
    assert report(mock, status, [one]) == [200]
    assert report(mock, status, [one]) == [200]
    assert report(mock, status, [two, three]).count(503) == 1
    assert report(mock, status, [two, three]).count(503) == 0


@in_each_form
def test_this_is_the_task_that_was_found(report: Report) -> None:
    mock = ScenarioMock(asked("{what: completion, number: 2}", "{reassign-tasks: {tasks: this, to: two}}"))
    tasks = mock.group_ids("first")
    report(mock, "completed", tasks)
    servers = [mock.director.world.tasks[task].server for task in tasks]
    assert servers == ["one", "two", "one"]


@in_each_form
def test_a_group_leaves_out_all_other_tasks(report: Report) -> None:
    mock = ScenarioMock(asked("{what: [completion, failure], group: second}"))
    first, second = mock.group_ids("first"), mock.group_ids("second")
    assert set(report(mock, "completed", first)) == {200}
    assert report(mock, "failed", second)[0] == 503


@in_each_form
def test_a_repetition_after_trouble_is_found(report: Report) -> None:
    mock = ScenarioMock(
        asked("completion", name="trouble")
        + asked("{what: completion, repeated: after-trouble, since: trouble}", "{respond: {status: 429}}")
    )
    one, two, _ = mock.group_ids("first")
    assert report(mock, "completed", [one]) == [503]
    assert report(mock, "completed", [two]) == [200]
    assert report(mock, "completed", [one]) == [429]
    assert report(mock, "completed", [one]) == [200]


def test_a_repetition_of_a_request_that_met_no_trouble_does_not_count() -> None:
    mock = ScenarioMock(asked("{what: completion, repeated: after-trouble}"))
    one, *_ = mock.group_ids("first")
    assert [mock.update(one, "completed")[0] for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    "trouble",
    [
        "{respond: {status: 401}}",
        "{respond: {status: 200, text: We will be back soon}}",
        "{add-fault: {fault: lost-answer, nth: 1}}",
        "{add-fault: {fault: latency-fixed, seconds: 1s, nth: 1}}",
        "{add-fault: {fault: hang, nth: 1}}",
    ],
)
def test_every_trouble_makes_the_next_request_a_repetition(trouble: str) -> None:
    mock = ScenarioMock(
        asked("heartbeat", trouble)
        + asked("{what: heartbeat, repeated: after-trouble}", "{respond: {status: 418}}")
    )
    beats = [mock.send("POST", "/health", {})[0] for _ in range(3)]
    assert beats[1:] == [418, 200]


def test_after_a_repetition_without_trouble_the_next_request_is_no_repetition() -> None:
    repetition = "{what: heartbeat, repeated: after-trouble, number: 1..}"
    mock = ScenarioMock(asked("heartbeat") + asked(repetition, "{cancel-tasks: all}"))
    for _ in range(4):
        mock.send("POST", "/health", {})
    assert mock.events == ["respond 503", "cancel-tasks all"]


def test_a_refusal_is_no_trouble() -> None:
    mock = ScenarioMock(
        asked("heartbeat", "{respond: {status: 400}}") + asked("{what: heartbeat, repeated: after-trouble}")
    )
    assert [mock.send("POST", "/health", {})[0] for _ in range(3)] == [400, 200, 200]


def test_the_list_after_a_happening_is_found() -> None:
    mock = ScenarioMock(
        asked("completion", "{set-account: {name: an123, status: banned}}", name="done")
        + asked("{what: first-page, since: done}")
    )
    assert mock.list_status() == 200
    mock.update(mock.group_ids("first")[0], "completed")
    assert [mock.list_status(), mock.list_status()] == [503, 200]


def test_the_second_page_is_found_by_cursor_and_by_number() -> None:
    mock = ScenarioMock(asked("{what: later-page, number: 1..2}"))
    task = mock.group_ids("first")[0]
    queries = ("?page=1", "?page=2", f"?after={task}&limit=1", "?page=3")
    assert [mock.send("GET", f"/tasks{query}")[0] for query in queries] == [200, 503, 503, 200]


def test_two_happenings_at_one_request_take_place_in_the_order_of_the_file() -> None:
    mock = ScenarioMock(
        asked("running", "{cancel-tasks: {group: second}}")
        + asked("{what: running, since: later}", "{cancel-tasks: {group: first}}")
        + "  - {name: later, call: 1, do: [{revoke-key: two}]}\n"
    )
    mock.update(mock.group_ids("first")[0], "running")
    assert mock.events == ["cancel-tasks second", "revoke-key two"]
    mock.update(mock.group_ids("first")[0], "running")
    assert mock.events[2:] == ["cancel-tasks first"]


SNAPSHOT_TRIGGERS = (
    asked("{what: completion, number: 2}", name="trouble")
    + asked("{what: completion, repeated: after-trouble, since: trouble}", "{respond: {status: 429}}")
    + asked("{what: first-page, number: 2}")
)


@pytest.mark.parametrize("restore_before", range(8))
def test_the_counts_survive_a_restore(restore_before: int) -> None:
    def run_scenario(restore_before: int | None) -> Any:
        mock = ScenarioMock(SNAPSHOT_TRIGGERS)
        one, two, _ = mock.group_ids("first")
        steps: list[Callable[[], int]] = [
            lambda: mock.list_status(),
            lambda: mock.update(one, "completed")[0],
            lambda: mock.update(one, "completed")[0],
            lambda: mock.update(two, "completed")[0],
            lambda: mock.list_status(),
            lambda: mock.update(two, "completed")[0],
            lambda: mock.update(two, "completed")[0],
            lambda: mock.list_status(),
        ]
        results = []
        for number, step in enumerate(steps):
            if number == restore_before:
                mock.restore_snapshot()
            results.append(step())
        return results, mock.director.tracker.state

    restored, whole = run_scenario(restore_before), run_scenario(None)
    assert restored == whole
    assert whole[0] == [200, 200, 200, 503, 503, 429, 200, 200]
