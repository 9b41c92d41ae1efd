"""What a request was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World

Call = Callable[..., requests.Response]


@pytest.fixture
def refusal(control: Call, world: World) -> Callable[[], Any]:
    """Returns what the mock says about the newest request."""

    def ask() -> Any:
        return control("GET", f"/worlds/{world.name}/journal/{world.journal.count}/refusal").json()

    return ask


@pytest.mark.parametrize(
    ("method", "path", "operation", "differences"),
    [
        ("GET", "/task", "listTasks", ["the path is /api/v1/worker/task, not /api/v1/worker/tasks"]),
        ("PATCH", "/logs", "sendLogs", ["the method is PATCH, not POST"]),
        ("GET", "/tasks?limit=0", "listTasks", []),
        ("GET", "/qqqqqqqq", None, []),
    ],
)
def test_the_nearest_operation_is_found(
    call: Call,
    refusal: Callable[[], Any],
    method: str,
    path: str,
    operation: str | None,
    differences: list[str],
) -> None:
    call(method, path)
    found = refusal()
    assert found["cause"].startswith("40")
    assert (found["nearest"] or {"operation": None})["operation"] == operation
    assert found["differences"] == differences


def test_a_wrong_name_in_the_body_is_found_even_if_the_request_was_accepted(
    call: Call, refusal: Callable[[], Any], add_task: Callable[..., Task]
) -> None:
    assert call("PUT", f"/tasks/{add_task().id}", json={"link_pots": "https://a.example"}).status_code == 200
    found = refusal()
    assert found["cause"] is None
    assert found["differences"] == [
        'the body has a field "link_pots", and updateTask has a field "link_post"'
    ]
    call("PUT", f"/tasks/{add_task().id}", json={"link_post": "https://a.example"})
    assert refusal()["differences"] == []


def test_an_exchange_that_the_journal_does_not_have_is_404(control: Call, world: World) -> None:
    answer = control("GET", f"/worlds/{world.name}/journal/77/refusal")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
