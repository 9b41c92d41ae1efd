"""A field that always has the value of another field is noted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from workerkit.contracts.relations.equal_fields import equal_field_notes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

Task = dict[str, object]


def notes(*tasks: Task) -> list[str]:
    return list(equal_field_notes([listed(tasks[:2]), listed(tasks)]))


def listed(tasks: Sequence[Task], status: int = 200) -> Exchange:
    start = (1, "listTasks", None, "GET", "/api/v1/worker/tasks", "", (), b"")
    return Exchange(*start, status, (), render({"data": list(tasks)}), 0.0, 0.0)


def task(number: int, **fields: object) -> Task:
    names = {"request_name": f"Campaign {number % 3}", "request_website": f"https://{number % 3}.example"}
    return {"id": str(number), "site_name": "example.com", **names, **fields}


def equal_tasks() -> list[Task]:
    return [task(number, request_website=f"Campaign {number % 3}") for number in range(12)]


def test_a_field_that_is_always_equal_to_another_one_is_noted() -> None:
    tasks = equal_tasks()
    assert notes(*tasks) == ["in all 12 tasks of a list, request_name is equal to request_website"]
    assert notes(*tasks, task(12)) == []


def test_a_refused_list_counts_for_nothing() -> None:
    large = [task(number) for number in range(24)]
    assert list(equal_field_notes([listed(equal_tasks()), listed(large, 500)])) == notes(*equal_tasks())
    assert list(equal_field_notes([listed(equal_tasks(), 500)])) == []


@pytest.mark.parametrize(
    "tasks",
    [
        [],
        [task(number) for number in range(12)],
        [task(number, request_website=f"Campaign {number % 3}") for number in range(9)],
        [task(number, request_name="", request_website="") for number in range(12)],
        [task(number, request_name=None, request_website=None) for number in range(12)],
        [task(number, request_name="one", about="one") for number in range(12)],
        [task(number, request_name=number, auction_price=number) for number in range(12)],
    ],
)
def test_nothing_else_is_noted(tasks: list[Task]) -> None:
    assert notes(*tasks) == []
