"""Scripted requests that are not valid. Every correct server refuses them, so they change nothing."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import RunContext

_TEXT = "workerkit"


def omit_link_id(context: RunContext) -> None:
    """Sends a link callback without `link_id`. It has to get 400."""
    exchange = context.client.send("POST", "/callback/link/update", {"status": "running"})
    context.expect_status("link-update-required", exchange, 400)


def send_bad_bodies(context: RunContext) -> None:
    """Sends bodies that are not valid. They have to get 400. Requests with a fake id may get 403 or 404."""
    unknown_id = context.new_fake_id()
    requests: list[tuple[str, str, Any, tuple[int, ...]]] = [
        ("PUT", f"/tasks/{unknown_id}", {"status": "nonsense"}, (400, 404)),
        ("PUT", f"/tasks/{unknown_id}", b'{"status": ', (400, 404)),
        ("PUT", "/tasks/bulk", {"items": _TEXT}, (400,)),
        ("POST", "/logs", {"logs": _TEXT}, (400,)),
        ("POST", "/callback/link/update", {"link_id": unknown_id, "status": "nonsense"}, (400, 404)),
        ("PUT", "/tasks/bulk", [_TEXT], (400,)),
        ("POST", "/callback/link/complete", {}, (400,)),
        ("POST", "/callback/request/status", {"status": "completed"}, (400,)),
        ("POST", "/callback/account/status", {"status": "active"}, (400,)),
        ("POST", "/callback/request/status", {"request_id": unknown_id}, (400, 403, 404)),
        ("POST", "/callback/account/status", {"account_id": unknown_id}, (400, 403, 404)),
    ]
    for method, path, body, statuses in requests:
        context.expect_status("bad-request", context.client.send(method, path, body), *statuses)


def send_too_long_batch(context: RunContext) -> None:
    """Sends a batch with one item more than the API page allows. It has to be refused."""
    items = [
        {"link_id": context.new_fake_id(), "status": "running"}
        for _ in range(lenient_spec.max_batch_size("BulkUpdate", "items") + 1)
    ]
    context.expect_status("bulk", context.client.send("PUT", "/tasks/bulk", {"items": items}), 400, 413)
