"""Lists that are equal to an earlier list, although an update came in between."""

from __future__ import annotations

from workerkit.contracts.run.stale_answers import stale_answers
from workerkit.openapi.exchange import Exchange


def listed(number: int, body: bytes, query: str = "limit=1") -> Exchange:
    path = "/api/v1/worker/tasks"
    return Exchange(number, "listTasks", None, "GET", path, query, (), b"", 200, (), body, 0.0, 0.0)


def update(number: int, status: int = 200) -> Exchange:
    path = "/api/v1/worker/tasks/1"
    return Exchange(number, "updateTask", None, "PUT", path, "", (), b"{}", status, (), b"{}", 0.0, 0.0)


def test_lists_that_stay_the_same_after_an_update_are_found() -> None:
    lists = [listed(1, b"old"), update(2), listed(3, b"old"), listed(4, b"old"), listed(5, b"new")]
    assert stale_answers(lists) == {3, 4}


def test_other_lists_are_not_found() -> None:
    assert stale_answers([listed(1, b"old"), listed(2, b"old")]) == frozenset()
    assert stale_answers([listed(1, b"old"), update(2, 400), listed(3, b"old")]) == frozenset()
    assert stale_answers([listed(1, b"old"), update(2), listed(3, b"new"), listed(4, b"new")]) == frozenset()
    assert stale_answers([listed(1, b"old"), update(2), listed(3, b"old", "limit=2")]) == frozenset()
