"""The part of the tour that shows keys: a made-up one, none, an inactive server's."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.gate.client import NO_KEY
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.run.context import Walk
from workerkit.contracts.run.observation import Sight, seen, unseen
from workerkit.contracts.target.fake_ids import made_up_key
from workerkit.openapi.exchange import Exchange

Ask = tuple[str, str, Any]


def refuse_wrong_keys(walk: Walk) -> None:
    """Every operation answers 401 to no key and to a made-up one; the list to what resembles the key, too."""
    made_up = made_up_key(walk.chance)
    for ask in _one_of_each(walk):
        walk.expect("key-required", _ask(walk, ask, NO_KEY), 401)
        refused = _ask(walk, ask, made_up)
        walk.expect("key-checked", refused, 401)
        walk.ledger.note(_error_body(refused))
    for resembling in _resembling(walk.target.api_key):
        walk.expect("key-checked", walk.client.tasks(key=resembling), 401)


def _resembling(key: str) -> list[str]:
    # Without its last letter only, a key with a number could be another server's.
    beginning = key[: (len(key) + 1) // 2]
    # The letters of a UUID may be written either way.
    swapped = key if lenient_spec.validator("Uuid").is_valid(key) else key.swapcase()
    return [each for each in (key + "x", beginning, swapped) if each != key]


def refuse_inactive_server(walk: Walk) -> None:
    """A server that is neither online nor active gets 401; its heartbeat is a silence and left out."""
    key = walk.target.inactive_api_key
    if key is None:
        walk.ledger.excuse("server-active", "needs --inactive-api-key")
        return
    walk.expect("server-active", walk.client.tasks(key=key), 401)
    for method, path, body in _one_of_each(walk)[2:]:
        if walk.client.may_send(method, path, body, key):
            walk.expect("server-active", walk.client.send(method, path, body, key), 401)


def _one_of_each(walk: Walk) -> list[Ask]:
    status = lenient_spec.enumeration("TaskStatus")[0]
    level = lenient_spec.enumeration("LogLevel")[0]
    link = walk.some_id()
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


def _ask(walk: Walk, ask: Ask, key: str) -> Exchange:
    method, path, body = ask
    if method == "GET":
        return walk.client.tasks(key=key)
    return walk.client.send(method, path, body, key=key)


def _error_body(exchange: Exchange) -> Sight:
    body = exchange.answered()
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return seen("error-body", "nested", exchange)
    if isinstance(error, str) and isinstance(body, dict):
        return seen("error-body", "code-and-message" if "message" in body else "code", exchange)
    return unseen("error-body", "the body of a refusal has no error", exchange)
