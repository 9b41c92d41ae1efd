"""A recording in which something is missing does not accuse a correct server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mockserver.capsules.replay.test_reconstructed_replay import (
    capsule_of,
    page,
    result_of,
    task,
    update,
)
from workerkit.mockserver.capsules.file.capsule import NOT_COMPARED, Ending, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.capsules.replay.task_order import task_order


def without_answer(recorded: RecordedExchange) -> RecordedExchange:
    exchange = replace(recorded.exchange, status=None, answer_headers=(), answer_body=b"", why=NOT_COMPARED)
    return RecordedExchange(exchange, Ending.CLOSED)


@pytest.mark.parametrize("numbers", [range(1, 7), (4, 2, 6, 1, 5, 3)])
def test_a_page_that_is_not_recorded_may_be_read_later_with_a_cursor(numbers: range) -> None:
    """All tasks have the same time of creation, so only the pages show the order."""
    tasks = [task(number) for number in numbers]
    first = page("page=1&limit=2", tasks[:2], total=6, limit=2)
    third = page("page=3&limit=2", tasks[4:], total=6, limit=2, number=3)
    behind = page(f"after={tasks[1]['id']}&limit=2", tasks[2:4], total=6, limit=2)
    assert result_of(first, third, behind).difference is None


def test_pages_that_contradict_each_other_keep_the_order_of_the_first_one() -> None:
    tasks = {name: {"created_at": "x"} for name in "dc"}
    assert task_order(tasks, [["d", "c"], ["c", "d"]], ()) == ["d", "c"]
    assert task_order(tasks, [["c", "d"]], [("d", "c")]) == ["c", "d"]


@pytest.mark.parametrize("status", ["pending", "completed"])
def test_an_update_without_a_known_answer_may_have_reached_the_server_or_not(status: str) -> None:
    first = page("limit=9", [task(1), task(2)], total=2, limit=9)
    last = page(
        f"status={status}&limit=9",
        [task(1, status), *([task(2)] if status == "pending" else [])],
        total=2 if status == "pending" else 1,
        limit=9,
    )
    unknown = without_answer(update(1, status="completed"))
    assert replay(capsule_of(first, unknown, last), name="part.yaml").difference is None


def test_a_difference_behind_an_unknown_answer_is_found() -> None:
    first = page("limit=9", [task(1), task(2)], total=2, limit=9)
    last = page("limit=9", [task(1), task(2)], total=3, limit=9)
    unknown = without_answer(update(1, note="seen"))
    difference = replay(capsule_of(first, unknown, last), name="part.yaml").difference
    assert difference is not None
    assert (difference.number, difference.place) == (3, "answer/total")
