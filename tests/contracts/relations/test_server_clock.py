"""A server's time that stands still is told from one that goes on, or that too little is known of."""

from __future__ import annotations

import pytest

from workerkit.contracts.relations.server_clock import stopped_clock
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

TIME, LATER = "2026-03-01T10:00:00Z", "2026-03-01T10:00:04Z"


def heartbeat(began: float, said: object, *, status: int = 200, operation: str = "heartbeat") -> Exchange:
    body = render({"success": True, "data": {"server_time": said}})
    path = "/api/v1/worker/health"
    return Exchange(1, operation, None, "POST", path, "", (), b"", status, (), body, began, began + 0.1)


def test_one_time_for_heartbeats_that_are_seconds_apart_stands_still() -> None:
    standing = stopped_clock([heartbeat(0, TIME), heartbeat(1, TIME), heartbeat(5, TIME)])
    assert standing is not None
    assert (standing.first.began, standing.last.began) == (0, 5)
    assert str(standing) == f"server_time is {TIME} again, 5 s later: it stands still"


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
def test_of_anything_else_nothing_is_said(exchanges: list[Exchange]) -> None:
    assert stopped_clock(exchanges) is None
