"""A stopped server clock is found. A running clock is not reported, and neither are too few heartbeats."""

from __future__ import annotations

import pytest

from workerkit.contracts.relations.server_clock import stopped_clock
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

TIME, LATER = "2026-03-01T10:00:00Z", "2026-03-01T10:00:04Z"


def heartbeat(
    began: float, server_time: object, *, status: int = 200, operation: str = "heartbeat"
) -> Exchange:
    body = render({"success": True, "data": {"server_time": server_time}})
    path = "/api/v1/worker/health"
    return Exchange(1, operation, None, "POST", path, "", (), b"", status, (), body, began, began + 0.1)


def test_the_same_time_after_some_seconds_is_a_stopped_clock() -> None:
    stopped = stopped_clock([heartbeat(0, TIME), heartbeat(1, TIME), heartbeat(5, TIME)])
    assert stopped is not None
    assert (stopped.first.began, stopped.last.began) == (0, 5)
    assert stopped.text == f"server_time is still {TIME} after 5 s, so the clock has stopped"


@pytest.mark.parametrize(
    "exchanges",
    [
        [],
        [heartbeat(0, TIME)],
        [heartbeat(0, TIME), heartbeat(2, TIME)],
        [heartbeat(0, TIME), heartbeat(5, LATER)],
        [heartbeat(0, TIME), heartbeat(5, TIME, status=401)],
        [heartbeat(0, TIME), heartbeat(5, TIME, operation="listTasks")],
        [heartbeat(0, None), heartbeat(5, None)],
        [heartbeat(0, 7), heartbeat(5, 7)],
    ],
)
def test_nothing_else_is_reported(exchanges: list[Exchange]) -> None:
    assert stopped_clock(exchanges) is None
