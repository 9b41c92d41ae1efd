"""The statuses through which a run takes a task are the flow of the spec."""

from __future__ import annotations

import pytest

from workerkit.contracts.relations.listed_tasks import next_status, statuses_until


@pytest.mark.parametrize(
    ("status", "following"),
    [
        ("pending", "queued"),
        ("queued", "running"),
        ("running", "completed"),
        ("failed", "completed"),
        ("canceled", "completed"),
        ("completed", "completed"),
        ("unknown", "completed"),
    ],
)
def test_an_open_task_goes_on_in_the_flow(status: str, following: str) -> None:
    assert next_status(status) == following


def test_the_way_to_an_end_is_the_way_to_completed_with_that_end() -> None:
    assert list(statuses_until({"status": "pending"}, "failed")) == ["queued", "running", "failed"]
    assert list(statuses_until({"status": "running"}, "canceled")) == ["canceled"]
