"""Legal requests that a correct server may refuse, and legal requests that it must accept."""

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


def request(method: str, path: str, body: Any = None) -> Exchange:
    path, _, query = path.partition("?")
    content = b"" if body is None else render(body)
    start = (1, None, None, method, f"/api/v1/worker{path}", query)
    headers = (("content-type", "application/json"),)
    return Exchange(*start, headers, content, 400, (), b"", 0.0, 0.0)


@pytest.mark.parametrize(
    "exchange",
    [
        request("GET", "/tasks"),
        request("GET", "/tasks?limit=1000&page=3&status=failed,running"),
        request("POST", "/health", HEARTBEAT),
        request("POST", "/logs", {"logs": [LOG]}),
        request(
            "PUT",
            "/tasks/bulk",
            {"items": [{"link_id": ID, "link_post": "https://example.com/workerkit/a1"}]},
        ),
        request("PUT", "/tasks/bulk", {"items": [{"link_id": ID, "status": "running"}]}),
    ],
)
def test_a_server_must_accept_a_plain_request(exchange: Exchange) -> None:
    assert not may_be_refused(exchange)


@pytest.mark.parametrize(
    "exchange",
    [
        request("GET", f"/tasks?after={ID}"),
        request("GET", "/tasks?service_type=unheard-of"),
        request("GET", f"/tasks?page={2**40}"),
        request("PUT", f"/tasks/{ID}", {"status": "pending"}),
        request("POST", "/callback/account/status", {"account_id": ID, "status": "odd"}),
        request("POST", "/health", {"server_name": "s"}),
        request("POST", "/health", {**HEARTBEAT, "cpu_usage": 101}),
        request("POST", "/health", {**HEARTBEAT, "active_tasks": -1}),
        request("POST", "/health", {**HEARTBEAT, "unnamed": 1}),
        request("POST", "/health", {**HEARTBEAT, "server_name": ""}),
        request("POST", "/logs", {"logs": [{**LOG, "message": "\x00"}]}),
        request("POST", "/logs", {"logs": [{**LOG, "message": "x" * 256}]}),
        request("POST", "/logs", {"logs": [{**LOG, "message": "🎉"}]}),
        request("POST", "/logs", {"logs": [{**LOG, "message": "e\u0301"}]}),
        request("POST", "/logs", {"logs": [{**LOG, "unnamed": 1}]}),
        request(
            "PUT",
            "/tasks/bulk",
            {"items": [{"link_id": ID, "note": "a"}, {"link_id": ID.upper(), "note": "b"}]},
        ),
        request("PUT", "/tasks/bulk", {"items": [{"link_id": ID}]}),
        request("PUT", "/tasks/bulk", {"items": [{"link_id": ID, "link_post": "0"}]}),
        request("PUT", "/tasks/bulk", {"items": [{"link_id": ID, "link_post": "https://a b"}]}),
        request("POST", "/health", {**HEARTBEAT, "active_tasks": 3727.0}),
        request("POST", "/health", {**HEARTBEAT, "ip": "0"}),
        request("POST", "/health", {**HEARTBEAT, "cpu_usage": 1e300}),
        request("POST", "/health"),
        request("GET", "/tasks?colour=red"),
        request("GET", "/tasks?limit="),
    ],
)
def test_a_server_may_refuse_what_the_api_page_leaves_open(exchange: Exchange) -> None:
    assert may_be_refused(exchange)
