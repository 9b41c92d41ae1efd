"""A request asks the same in each form that the API has for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workerkit.openapi.asked import KINDS, TASK_KINDS, Asked, asked_in, form_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import Api, operation_of

BASE = "/api/v1/worker"
ID, OTHER = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b", "7a2f3d2b-4c5e-4f6a-9b7c-8d9e0f1a2b3c"
BY_STATUS = {
    "pending": "requeue",
    "queued": "queued",
    "running": "running",
    "completed": "completion",
    "failed": "failure",
    "canceled": "cancellation",
}


def request(method: str, path: str, body: Any = None) -> Exchange:
    path, _, query = f"{BASE}{path}".partition("?")
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    operation = operation_of(method, path)
    return Exchange(1, operation, None, method, path, query, (), data, None, (), b"", 1.0, 1.0)


@pytest.mark.parametrize("status", BY_STATUS)
def test_an_update_asks_the_same_in_all_three_forms(api: Api, status: str) -> None:
    single = request("PUT", f"/tasks/{ID.upper()}", {"status": status})
    bulk = request("PUT", "/tasks/bulk", {"items": [{"link_id": ID.upper(), "status": status, "note": "x"}]})
    callback = request("POST", "/callback/link/update", {"link_id": ID.upper(), "status": status})
    for exchange in (single, bulk, callback):
        assert asked_in(exchange, api) == (Asked(BY_STATUS[status], ID),)
    assert [form_of(exchange.operation) for exchange in (single, bulk, callback)] == [
        "single",
        "bulk",
        "callback",
    ]


def test_the_callback_for_completions_needs_no_status(api: Api) -> None:
    completion = request("POST", "/callback/link/complete", {"link_id": ID})
    assert asked_in(completion, api) == (Asked("completion", ID),)
    assert form_of(completion.operation) == "callback"


def test_a_bulk_update_asks_something_for_each_item(api: Api) -> None:
    items = [
        {"link_id": ID, "status": "completed"},
        {"link_id": OTHER, "status": "failed", "error_message": "x"},
        {"link_id": ID, "status": "completed"},
        {"link_id": OTHER, "note": "no status"},
        {"link_id": OTHER, "status": "done"},
        {"status": "completed"},
        "text",
    ]
    asked = asked_in(request("PUT", "/tasks/bulk", {"items": items}), api)
    assert asked == (Asked("completion", ID), Asked("failure", OTHER), Asked("details", OTHER))


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("", "first-page"),
        ("?page=1&limit=5", "first-page"),
        ("?status=running", "first-page"),
        ("?after=", "first-page"),
        ("?page=2", "later-page"),
        (f"?limit=5&after={ID}", "later-page"),
        (f"?page=1&after={ID}", "later-page"),
    ],
)
def test_a_page_with_a_position_is_a_later_page(api: Api, query: str, kind: str) -> None:
    (asked,) = asked_in(request("GET", f"/tasks{query}"), api)
    assert asked.kind == kind


def test_two_requests_for_the_same_page_ask_the_same(api: Api) -> None:
    one, same, other = (
        asked_in(request("GET", f"/tasks?{query}"), api)
        for query in ("limit=5&status=running", "status=running&limit=5", "limit=5&status=failed")
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("POST", "/health", {}, "heartbeat"),
        ("POST", "/logs", {"logs": []}, "logs"),
        ("POST", "/callback/request/status", {"request_id": ID, "status": "x"}, "request-status"),
        ("POST", "/callback/account/status", {"account_id": ID, "status": "x"}, "account-status"),
    ],
)
def test_other_operations_ask_what_their_name_says(
    api: Api, method: str, path: str, body: Any, kind: str
) -> None:
    assert asked_in(request(method, path, body), api) == (Asked(kind),)


@pytest.mark.parametrize(
    "exchange",
    [
        request("GET", "/no/such/path"),
        request("PUT", "/tasks/bulk", b"[1"),
        request("PUT", "/tasks/bulk", {"items": 5}),
        request("POST", "/callback/link/update", {"status": "running"}),
    ],
)
def test_what_the_api_cannot_read_asks_nothing(api: Api, exchange: Exchange) -> None:
    assert asked_in(exchange, api) == ()


def test_every_kind_is_named_once() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert set(TASK_KINDS) < set(KINDS)
