"""Unusual texts in fields that no answer shows.

These are the fields of heartbeats and logs, and the statuses of customers' requests and accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workerkit.contracts.fields.texts import (
    LONG_URLS,
    LOOKALIKES,
    MIXED_URL,
    NUL_URL,
    SURROGATE_URL,
    UNUSUAL_URLS,
    URL_PARTS,
    FieldText,
)
from workerkit.contracts.fields.update_operation import sendable
from workerkit.contracts.fields.verdicts import fields_text, report_system_error
from workerkit.contracts.gate.way_trouble import is_system_error
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_HEARTBEAT = "POST /health"
_LOGS = "POST /logs"
_REFUSED = 400
_TEXTS = (MIXED_URL, *LONG_URLS, NUL_URL, SURROGATE_URL)
_ENTITY_TEXTS = (MIXED_URL, LONG_URLS[0], NUL_URL)
_Send = Callable[[FieldText], Exchange]


def send_heartbeat_texts(context: RunContext) -> None:
    """Sends heartbeats with unusual texts. At the end, sends one with the server's own name."""
    body = heartbeat_body(context.own_server_name)
    for field in ("server_name", "ip"):
        for text in _TEXTS:
            send = _sender(context, "/health", body, field)
            exchange = _send_text(context, _HEARTBEAT, field, text, send)
            # A server that checks for an IP address refuses every text.
            if field == "ip" and exchange.status == _REFUSED:
                break
    context.client.send("POST", "/health", body)


def send_log_texts(context: RunContext) -> None:
    """Sends log entries with unusual texts in one batch. If the server refuses it, sends them one by one."""
    level = lenient_spec.enum_values("LogLevel")[0]
    texts = (*UNUSUAL_URLS, *LOOKALIKES)
    entries = [{"level": level, "message": text.value} for text in texts]
    exchange = context.client.send("POST", "/logs", {"logs": entries})
    single = _log_sender(context, level)
    if not exchange.accepted:
        singles = [_send_text(context, _LOGS, "message", text, single) for text in texts]
        if is_system_error(exchange) and not any(map(is_system_error, singles)):
            report_system_error(
                context,
                phrase("{logs} with {texts_count} unusual messages", logs=_LOGS, texts_count=len(texts)),
                exchange,
            )
        context.ledger.mark_explained("no-system-error", exchange)
    _send_text(context, _LOGS, "message", SURROGATE_URL, single)


def set_entity_statuses(context: RunContext) -> None:
    """Sets the status of a customer's request and of the account to unusual texts, then to normal ones."""
    request_id = next((str(task["request_id"]) for task in context.tasks), None)
    entities = (
        ("/callback/request/status", "request_id", request_id, "completed"),
        ("/callback/account/status", "account_id", context.target.account_id, "active"),
    )
    for path, name, entity_id, plain in entities:
        if entity_id is not None:
            body = {name: entity_id, "status": plain}
            for text in _ENTITY_TEXTS:
                _send_text(context, f"POST {path}", "status", text, _sender(context, path, body, "status"))
            context.client.send("POST", path, body)


def _sender(context: RunContext, path: str, body: Mapping[str, Any], field: str) -> _Send:
    return lambda text: context.client.send("POST", path, sendable({**body, field: text.value}))


def _log_sender(context: RunContext, level: str) -> _Send:
    return lambda text: context.client.send(
        "POST", "/logs", sendable({"logs": [{"level": level, "message": text.value}]})
    )


def _send_text(context: RunContext, title: str, field: str, text: FieldText, send: _Send) -> Exchange:
    """Sends the text, and reports a system error."""
    exchange = send(text)
    if is_system_error(exchange):
        _find_cause(context, title, field, text, send, exchange)
    return exchange


def _find_cause(
    context: RunContext, title: str, field: str, text: FieldText, send: _Send, exchange: Exchange
) -> None:
    """Reports the text. Of a mixed text, reports the parts that also get a system error alone."""
    parts = [(part, send(part)) for part in URL_PARTS] if text is MIXED_URL else []
    failed = [(part, single) for part, single in parts if is_system_error(single)]
    for part, single in failed or [(text, exchange)]:
        report_system_error(
            context,
            phrase("{title} with {fields_text}", title=title, fields_text=fields_text({field: part})),
            single,
        )
    context.ledger.mark_explained("no-system-error", exchange)
