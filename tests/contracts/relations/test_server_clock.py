"""A stopped server clock is found. A running clock is not reported, and neither are too few heartbeats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workerkit.contracts.relations.server_clock import shifted_clock, stopped_clock
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


def dated(server_time: str, date: str = "Sun, 01 Mar 2026 10:00:01 GMT") -> Exchange:
    return replace(heartbeat(0, server_time), answer_headers=(("date", date),))


@pytest.mark.parametrize(
    ("server_time", "shift"),
    [
        ("2026-03-01T17:00:00Z", 7),
        ("2026-03-01T17:00:01.250+00:00", 7),
        ("2026-03-01T04:30:00Z", -5.5),
        ("2026-03-01T11:00:00Z", 1),
        ("2026-03-01T10:00:00+07:00", -7),
    ],
)
def test_a_time_of_another_time_zone_is_found(server_time: str, shift: float) -> None:
    shifted = shifted_clock([dated(server_time), dated(server_time)])
    assert shifted is not None
    assert shifted.shift == shift
    assert f"They differ by {shift:+g} h: the server writes" in shifted.text


@pytest.mark.parametrize(
    "exchanges",
    [
        [],
        [dated("2026-03-01T17:00:00Z")],
        [heartbeat(0, "2026-03-01T17:00:00Z")] * 2,
        [dated("2026-03-01T10:00:00Z")] * 2,
        [dated("2026-03-01T17:00:00+07:00")] * 2,
        [dated("2026-03-01T17:00:00")] * 2,
        [dated("2026-13-01T17:00:00Z")] * 2,
        [dated("2026-03-01T17:00:00Z", "soon")] * 2,
        [dated("2026-03-01T17:03:20Z")] * 2,
        *([dated(f"2026-03-01T{time}:01Z")] * 2 for time in ("10:15", "09:30", "10:45", "09:15")),
        [dated("2025-12-01T10:00:00Z")] * 2,
        [dated("2026-03-01T17:00:00Z"), dated("2026-03-01T10:00:01Z")],
        [dated("2026-03-01T17:00:00Z"), dated("2026-03-01T17:00:09Z")],
    ],
)
def test_no_other_time_is_of_another_time_zone(exchanges: list[Exchange]) -> None:
    assert shifted_clock(exchanges) is None
