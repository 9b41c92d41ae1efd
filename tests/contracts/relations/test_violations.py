"""The violations that are reported during a recording."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workerkit.contracts.relations.violations import violations
from workerkit.openapi.exchange import Exchange

BASE = "/api/v1/worker"


def exchange(
    method: str, path: str, sent: Any, status: int, answered: Any, operation: str | None
) -> Exchange:
    return Exchange(
        number=1,
        operation=operation,
        server=None,
        method=method,
        path=BASE + path,
        query="",
        request_headers=(("x-api-key", "a-key-of-some-server"), ("content-type", "application/json")),
        request_body=json.dumps(sent).encode(),
        status=status,
        answer_headers=(("content-type", "application/json"),),
        answer_body=json.dumps(answered).encode(),
        began=0.0,
        ended=0.1,
    )


def logs(*levels: str, created: int) -> Exchange:
    entries = [{"level": level, "message": "x"} for level in levels]
    return exchange(
        "POST", "/logs", {"logs": entries}, 200, {"success": True, "created": created}, "sendLogs"
    )


def texts_of(recorded: Exchange) -> list[str]:
    return [str(violation) for violation in violations(recorded)]


def test_a_documented_exchange_has_no_violations() -> None:
    assert texts_of(logs("INFO", "WARN", created=2)) == []


def test_an_undocumented_log_level_is_a_violation_of_the_worker() -> None:
    (line,) = texts_of(logs("WARNING", created=0))
    assert line == 'worker: sendLogs: body/logs/0/level: "WARNING" is not one of INFO, WARN, ERROR, DEBUG'


def test_an_accepted_batch_that_is_too_large_is_a_violation_of_both() -> None:
    sides = [violation.side for violation in violations(logs(*["INFO"] * 501, created=501))]
    assert sides[0] == "worker"
    assert "server" in sides


def test_a_wrong_count_is_a_violation_of_the_server() -> None:
    (line,) = texts_of(logs("INFO", "DEBUG", created=1))
    assert line.startswith("server: logs-created: ")


def test_a_server_that_converts_a_near_type_does_not_violate_the_page() -> None:
    data = {"status": "ok", "server_id": "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b", "server_name": "s"}
    answer = {"success": True, "data": {**data, "server_time": "2025-12-01T10:00:00.000001Z"}}
    converted = exchange("POST", "/health", {"active_tasks": "12"}, 200, answer, "heartbeat")
    assert [violation.side for violation in violations(converted)] == ["worker"]
    accepted = exchange("POST", "/health", {"active_tasks": "ten"}, 200, answer, "heartbeat")
    assert [violation.side for violation in violations(accepted)] == ["worker", "server"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/task"), ("PATCH", "/logs")])
def test_an_unknown_operation_is_a_violation_of_the_worker(method: str, path: str) -> None:
    (line,) = texts_of(exchange(method, path, {}, 404, {"success": False}, None))
    assert line.startswith("worker: no-operation: ")
