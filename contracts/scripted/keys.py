"""The part of the tour that shows keys: a made-up one, none, an inactive server's."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.gate.client import NO_KEY
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, seen, unseen
from workerkit.contracts.target.fake_ids import fake_key
from workerkit.openapi.exchange import Exchange

Ask = tuple[str, str, Any]


def refuse_wrong_keys(context: RunContext) -> None:
    """Every operation answers 401 to no key and to a made-up one; the list to what resembles the key, too."""
    made_up = fake_key(context.chance)
    for ask in _one_of_each(context):
        context.expect("key-required", _ask(context, ask, NO_KEY), 401)
        refused = _ask(context, ask, made_up)
        context.expect("key-checked", refused, 401)
        context.ledger.note(_error_body(refused))
    for resembling in _resembling(context.target.api_key):
        context.expect("key-checked", context.client.tasks(key=resembling), 401)


def _resembling(key: str) -> list[str]:
    # Without its last letter only, a key with a number could be another server's.
    beginning = key[: (len(key) + 1) // 2]
    # The letters of a UUID may be written either way.
    swapped = key if lenient_spec.validator("Uuid").is_valid(key) else key.swapcase()
    return [each for each in (key + "x", beginning, swapped) if each != key]


def refuse_inactive_server(context: RunContext) -> None:
    """A server that is neither online nor active gets 401; its heartbeat is a silence and left out."""
    key = context.target.inactive_api_key
    if key is None:
        context.ledger.excuse("server-active", "needs --inactive-api-key")
        return
    context.expect("server-active", context.client.tasks(key=key), 401)
    for method, path, body in _one_of_each(context)[2:]:
        if context.client.may_send(method, path, body, key):
            context.expect("server-active", context.client.send(method, path, body, key), 401)


def _one_of_each(context: RunContext) -> list[Ask]:
    status = lenient_spec.enumeration("TaskStatus")[0]
    level = lenient_spec.enumeration("LogLevel")[0]
    link = context.some_id()
    return [
        ("GET", "/tasks", None),
        ("POST", "/health", {"server_name": "workerkit"}),
        ("PUT", f"/tasks/{link}", {"status": status}),
        ("PUT", "/tasks/bulk", {"items": [{"link_id": link, "status": status}]}),
        ("POST", "/logs", {"logs": [{"level": level, "message": "workerkit"}]}),
        ("POST", "/callback/link/update", {"link_id": link, "status": status}),
        ("POST", "/callback/link/complete", {"link_id": link}),
        ("POST", "/callback/request/status", {"request_id": link, "status": "completed"}),
        ("POST", "/callback/account/status", {"account_id": link, "status": "active"}),
    ]


def _ask(context: RunContext, ask: Ask, key: str) -> Exchange:
    method, path, body = ask
    if method == "GET":
        return context.client.tasks(key=key)
    return context.client.send(method, path, body, key=key)


def _error_body(exchange: Exchange) -> Observation:
    body = exchange.answered()
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return seen("error-body", "nested", exchange)
    if isinstance(error, str) and isinstance(body, dict):
        return seen("error-body", "code-and-message" if "message" in body else "code", exchange)
    return unseen("error-body", "the body of a refusal has no error", exchange)
