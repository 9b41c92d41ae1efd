"""Scripted requests with wrong keys, without a key, and with the key of an inactive server."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.gate.client import NO_KEY
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.request_text import request_text
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed
from workerkit.contracts.target.fake_ids import fake_key
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

Call = tuple[str, str, Any]


def send_wrong_keys(context: RunContext) -> None:
    """Sends requests with wrong keys. Every answer has to be 401.

    Each operation is sent without a key and with a fake key. GET /tasks is sent with keys that are similar to
    the right key, unless it is answered with any key.
    """
    wrong_key, takes_any = fake_key(context.chance), False
    for call in _calls_of_all_operations(context):
        context.expect_status("key-required", _send(context, call, NO_KEY), 401)
        refused = _send(context, call, wrong_key)
        _expect_refusal(context, "key-checked", refused, phrase("an unknown key"))
        context.ledger.add_observation(_error_body(refused))
        takes_any = takes_any or (refused.operation == "listTasks" and refused.accepted)
    similar_keys = {} if takes_any else _similar_keys(context.target.api_key)
    for what, similar_key in similar_keys.items():
        _expect_refusal(context, "key-checked", context.client.get_tasks(key=similar_key), what)


def _expect_refusal(context: RunContext, rule: str, exchange: Exchange, key: str) -> None:
    """Records whether the answer is 401. `key`: what is wrong with the key."""
    sent = phrase("{request} with {key}", request=request_text(exchange), key=key)
    context.expect_status(rule, exchange, 401, sent=sent)


def _similar_keys(key: str) -> dict[str, str]:
    """Keys that are similar to the right key, by what is wrong with them."""
    # Cutting off only the last character is not safe. The result can be another server's key: server-12
    # becomes server-1.
    first_half = key[: (len(key) + 1) // 2]
    # A UUID is the same in upper and lower case.
    swapped = key if lenient_spec.schema_validator("Uuid").is_valid(key) else key.swapcase()
    similar: dict[str, str] = {
        phrase("the key and one more character"): key + "x",
        phrase("the first half of the key"): first_half,
        phrase("the key with upper and lower case exchanged"): swapped,
    }
    return {what: similar_key for what, similar_key in similar.items() if similar_key != key}


def send_inactive_key(context: RunContext) -> None:
    """Sends requests with the key of an inactive server. They have to get 401.

    It sends no heartbeat, because the API page does not say how a server answers a heartbeat with this key.
    """
    key = context.target.inactive_api_key
    if key is None:
        context.ledger.mark_untested("server-active", phrase("needs --inactive-api-key"))
        return
    what = phrase("the key of an inactive server")
    _expect_refusal(context, "server-active", context.client.get_tasks(key=key), what)
    for method, path, body in _calls_of_all_operations(context)[2:]:
        if context.client.may_send(method, path, body, key):
            _expect_refusal(context, "server-active", context.client.send(method, path, body, key), what)


def _calls_of_all_operations(context: RunContext) -> list[Call]:
    status = lenient_spec.enum_values("TaskStatus")[0]
    level = lenient_spec.enum_values("LogLevel")[0]
    link = context.new_fake_id()
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


def _send(context: RunContext, call: Call, key: str) -> Exchange:
    method, path, body = call
    if method == "GET":
        return context.client.get_tasks(key=key)
    return context.client.send(method, path, body, key=key)


def _error_body(exchange: Exchange) -> Observation:
    body = exchange.answer_json()
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return observed("error-body", "nested", exchange)
    if isinstance(error, str) and isinstance(body, dict):
        return observed("error-body", "code-and-message" if "message" in body else "code", exchange)
    return not_observed("error-body", phrase("the body of a refusal has no valid field `error`"), exchange)
