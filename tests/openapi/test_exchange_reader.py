"""Reads tasks, ids and totals from exchanges."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    bulk_items_of,
    bulk_results_of,
    data_of,
    link_id_of,
    listed_tasks,
    requested_cursor,
    server_identity,
    statuses_set,
    subject_task_id,
    task_ownership,
    tasks_of,
    total_of,
)
from workerkit.openapi.spec.api import Api, operation_of

BASE = "/api/v1/worker"
ID, OTHER = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b", "7a2f3d2b-4c5e-4f6a-9b7c-8d9e0f1a2b3c"


def exchange(method: str, path: str, request: Any, answer: Any, *, status: int = 200) -> Exchange:
    path, _, query = f"{BASE}{path}".partition("?")
    bodies = (b"" if body is None else json.dumps(body).encode() for body in (request, answer))
    request_body, answer_body = bodies
    operation = operation_of(method, path)
    return Exchange(
        1, operation, None, method, path, query, (), request_body, status, (), answer_body, 1.0, 2.0
    )


@pytest.mark.parametrize("value", [None, 5, "text", [], [1], {}, {"data": 5, "items": 5, "results": None}])
def test_a_missing_field_is_no_error(value: Any) -> None:
    assert (bulk_items_of(value), bulk_results_of(value), tasks_of(value)) == ([], [], None)
    assert (total_of(value), link_id_of(value)) == (None, None)


def test_the_fields_of_a_page_are_read() -> None:
    page = {"data": [{"id": ID}, "text", {"id": 5}], "total": 7}
    assert (data_of(page), total_of(page)) == (page["data"], 7)
    assert tasks_of(page) == [{"id": ID}, {"id": 5}]
    asked = exchange("GET", f"/tasks?after={OTHER}", None, page)
    assert (listed_tasks(asked), requested_cursor(asked)) == ([{"id": ID}], OTHER)
    assert listed_tasks(exchange("GET", "/tasks", None, page, status=500)) is None


def test_the_name_of_the_server_is_in_a_page_and_in_the_data_of_a_heartbeat() -> None:
    identity = {"server_id": ID, "server_name": "server-01"}
    assert server_identity(exchange("GET", "/tasks", None, identity)) == identity
    assert server_identity(exchange("POST", "/health", {}, {"data": identity})) == identity
    assert server_identity(exchange("POST", "/health", {}, identity)) == {}


@pytest.mark.parametrize(
    ("method", "path", "request_body", "task_id"),
    [
        ("PUT", f"/tasks/{ID.upper()}", {"status": "running"}, ID),
        ("POST", "/callback/link/update", {"link_id": ID}, ID),
        ("POST", "/callback/request/status", {"request_id": ID}, None),
        ("PUT", "/tasks/bulk", {"items": [{"link_id": ID}]}, None),
        ("GET", "/no/such/path", None, None),
    ],
)
def test_the_task_of_a_request_is_found(
    api: Api, method: str, path: str, request_body: Any, task_id: str | None
) -> None:
    assert subject_task_id(exchange(method, path, request_body, None), api) == task_id


def test_an_answer_tells_who_owns_a_task_and_which_status_it_got() -> None:
    items = [{"link_id": ID.upper(), "status": "running"}, {"link_id": OTHER, "status": "failed"}]
    results = [
        {"link_id": ID, "success": True},
        {"link_id": OTHER, "success": False, "error": "not_your_task"},
    ]
    bulk = exchange("PUT", "/tasks/bulk", {"items": items}, {"results": results})
    assert dict(task_ownership(bulk)) == {ID: True, OTHER: False}
    assert statuses_set(bulk) == {ID: "running"}
    assert statuses_set(exchange("POST", "/callback/link/complete", {"link_id": ID}, {})) == {ID: "completed"}
    foreign = exchange("PUT", f"/tasks/{ID}", {"status": "running"}, {}, status=403)
    assert (dict(task_ownership(foreign)), statuses_set(foreign)) == ({ID: False}, {})
