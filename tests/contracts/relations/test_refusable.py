"""What a sound server may refuse although the spec allows it, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.relations.refusable import may_be_refused
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
LOG = {"level": "INFO", "message": "đã xong"}
HEARTBEAT = {
    **{"server_name": "s", "ip": "10.0.0.1", "cpu_usage": 1, "ram_usage": 2.5, "disk_usage": 100},
    **{"active_threads": 0, "active_tasks": 3},
}


def sent(method: str, path: str, body: Any = None) -> Exchange:
    path, _, query = path.partition("?")
    text = b"" if body is None else render(body)
    start = (1, None, None, method, f"/api/v1/worker{path}", query)
    return Exchange(*start, (), text, 400, (), b"", 0.0, 0.0)


@pytest.mark.parametrize(
    "exchange",
    [
        sent("GET", "/tasks"),
        sent("GET", "/tasks?limit=1000&page=3&status=failed,running"),
        sent("POST", "/health", HEARTBEAT),
        sent("POST", "/logs", {"logs": [LOG]}),
        sent("PUT", "/tasks/bulk", {"items": [{"link_id": ID, "status": "running"}]}),
    ],
)
def test_a_plain_request_may_not_be_refused(exchange: Exchange) -> None:
    assert not may_be_refused(exchange)


@pytest.mark.parametrize(
    "exchange",
    [
        sent("GET", f"/tasks?after={ID}"),
        sent("GET", "/tasks?service_type=unheard-of"),
        sent("GET", f"/tasks?page={2**40}"),
        sent("PUT", f"/tasks/{ID}", {"status": "pending"}),
        sent("POST", "/callback/account/status", {"account_id": ID, "status": "odd"}),
        sent("POST", "/health", {"server_name": "s"}),
        sent("POST", "/health", {**HEARTBEAT, "cpu_usage": 101}),
        sent("POST", "/health", {**HEARTBEAT, "active_tasks": -1}),
        sent("POST", "/health", {**HEARTBEAT, "unnamed": 1}),
        sent("POST", "/health", {**HEARTBEAT, "server_name": ""}),
        sent("POST", "/logs", {"logs": [{**LOG, "message": "\x00"}]}),
        sent("POST", "/logs", {"logs": [{**LOG, "message": "x" * 1001}]}),
        sent("POST", "/logs", {"logs": [{**LOG, "unnamed": 1}]}),
        sent(
            "PUT",
            "/tasks/bulk",
            {"items": [{"link_id": ID, "note": "a"}, {"link_id": ID.upper(), "note": "b"}]},
        ),
        sent("PUT", "/tasks/bulk", {"items": [{"link_id": ID}]}),
    ],
)
def test_what_the_page_leaves_open_may_be_refused(exchange: Exchange) -> None:
    assert may_be_refused(exchange)
