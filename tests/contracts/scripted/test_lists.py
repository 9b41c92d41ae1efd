"""The values of silences that lists show."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.scripted.lists import observe_nulls, observe_order, observe_time_precision
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render


def listed(*tasks: dict[str, Any]) -> Exchange:
    start = (1, "listTasks", None, "GET", "/api/v1/worker/tasks", "", (), b"")
    return Exchange(*start, 200, (), render({"data": list(tasks)}), 0.0, 0.0)


def listed_at(*times: str | None) -> Exchange:
    return listed(*({"id": "x", "created_at": time} for time in times))


@pytest.mark.parametrize(
    ("times", "value"),
    [
        (["2025-12-01T10:00:00Z"], "seconds"),
        (["2025-12-01T10:00:00.000Z", None], "milliseconds"),
        (["2025-12-01T10:00:00Z", "2025-12-01T10:00:00.123456Z"], "microseconds"),
        (["2025-12-01T17:00:00+07:00"], "offset"),
        (["2025-12-01T17:00:00.123+07:00"], None),
        (["2025-12-01T10:00:00.123Z", "2025-12-01T10:00:00.12Z"], None),
        (["2025-12-01 10:00:00"], None),
        ([None], None),
        ([], None),
    ],
)
def test_the_precision_of_times(times: list[str | None], value: str | None) -> None:
    observation = observe_time_precision(listed_at(*times))
    assert observation.value == value
    assert value or observation.why


@pytest.mark.parametrize(
    ("times", "value"),
    [
        (["2025-12-01T10:00:00Z", "2025-12-01T10:00:00.5Z"], "oldest-first"),
        (["2025-12-01T17:00:01+07:00", "2025-12-01T10:00:00Z"], "newest-first"),
        ([None, None], None),
    ],
)
def test_the_order_of_a_list_goes_by_the_times_and_not_by_their_text(
    times: list[str | None], value: str | None
) -> None:
    assert observe_order(listed_at(*times)).value == value


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ({"about": None}, "any"),
        ({"about": ""}, "as-shown"),
        ({"about": "text"}, None),
        ({"details": None, "started_at": None}, None),
    ],
)
def test_null_fields_of_a_task(task: dict[str, Any], value: str | None) -> None:
    observation = observe_nulls(listed({"id": "x", **task}))
    assert observation.value == value
    assert value or observation.why
