"""The part of the tour that every sound server refuses for its shape: safe wherever it is sent."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import RunContext

_WORD = "workerkit"


def require_the_link(context: RunContext) -> None:
    """A link callback without `link_id` gets 400."""
    exchange = context.client.send("POST", "/callback/link/update", {"status": "running"})
    context.expect("link-update-required", exchange, 400)


def refuse_bad_bodies(context: RunContext) -> None:
    """Bodies of the wrong shape get 400, or 404 where they name an id, which is nobody's."""
    link = context.some_id()
    asked: list[tuple[str, str, Any, tuple[int, ...]]] = [
        ("PUT", f"/tasks/{link}", {"status": "nonsense"}, (400, 404)),
        ("PUT", f"/tasks/{link}", b'{"status": ', (400, 404)),
        ("PUT", "/tasks/bulk", {"items": _WORD}, (400,)),
        ("POST", "/logs", {"logs": _WORD}, (400,)),
        ("POST", "/callback/link/update", {"link_id": link, "status": "nonsense"}, (400, 404)),
        ("PUT", "/tasks/bulk", [_WORD], (400,)),
        ("POST", "/callback/link/complete", {}, (400,)),
        ("POST", "/callback/request/status", {"status": "completed"}, (400,)),
        ("POST", "/callback/account/status", {"status": "active"}, (400,)),
        ("POST", "/callback/request/status", {"request_id": link}, (400, 403, 404)),
        ("POST", "/callback/account/status", {"account_id": link}, (400, 403, 404)),
    ]
    for method, path, body, statuses in asked:
        context.expect("bad-request", context.client.send(method, path, body), *statuses)


def refuse_too_long_a_batch(context: RunContext) -> None:
    """One item more than the page allows, all of them unknown, is refused."""
    items = [
        {"link_id": context.some_id(), "status": "running"}
        for _ in range(lenient_spec.most("BulkUpdate", "items") + 1)
    ]
    context.expect("bulk", context.client.send("PUT", "/tasks/bulk", {"items": items}), 400, 413)
