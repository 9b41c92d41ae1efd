"""The verdicts on single requests, with messages that say what was sent, what came and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workerkit.contracts.fields.texts import FieldText, shortened
from workerkit.contracts.gate.gate import TOO_MANY_REQUESTS
from workerkit.contracts.gate.way_trouble import is_system_error, is_way_trouble
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

_SYSTEM_ERROR = "no-system-error"


def is_own_answer(exchange: Exchange) -> bool:
    """True if the server itself answered, and not a proxy or a rate limiter."""
    return exchange.status != TOO_MANY_REQUESTS and not is_way_trouble(exchange)


def fields_text(fields: Mapping[str, Any]) -> str:
    """These fields with their values, shortened: `note "abc" and status "running"`."""
    return joined(phrase(" and "), (f"{name} " + _value_text(value) for name, value in fields.items()))


def _value_text(value: Any) -> str:
    return value.text if isinstance(value, FieldText) else shortened(value)


def report_system_error(context: RunContext, sent: str, exchange: Exchange, *, topic: str = "") -> None:
    """Records that the request, which `sent` describes, was answered with a system error.

    topic: system errors with the same topic have the same cause.
    """
    flaw = phrase(
        "{sent} was answered {status}; a server that cannot accept a value answers 400",
        sent=sent,
        status=exchange.status,
    )
    context.ledger.mark_broken(_SYSTEM_ERROR, flaw, (exchange,), topic=topic)
    context.ledger.mark_explained(_SYSTEM_ERROR, exchange)


def expect_accepted(context: RunContext, rule: str, sent: str, exchange: Exchange, *, taken: bool) -> None:
    """Records whether a valid request was accepted. `taken`: the answer says that it was carried out."""
    if is_own_answer(exchange):
        result: str = phrase("answered {status}", status=exchange.status)
        if exchange.accepted and not taken:
            result += phrase(", but the result does not have success: true")
        flaw = (
            None
            if taken
            else phrase(
                "{sent} was {result}, expected to be accepted: the request is valid", sent=sent, result=result
            )
        )
        context.ledger.record_check(rule, flaw, exchange)


def expect_refused(
    context: RunContext,
    rule: str,
    sent: str,
    why: str,
    exchange: Exchange,
    *,
    statuses: tuple[int, ...],
    taken: bool,
    topic: str = "",
) -> None:
    """Records whether a request that is not valid was refused with one of these statuses.

    why: what is wrong with the request.
    taken: True if the answer says that the request was carried out.
    topic: system errors with the same topic have the same cause.
    A refused item of a bulk update has the status 200, which has to be among `statuses`.
    """
    if not is_own_answer(exchange):
        return
    if is_system_error(exchange):
        report_system_error(context, sent, exchange, topic=topic)
        return
    expected = joined(phrase(" or "), (str(status) for status in statuses if status != 200))
    flaw = phrase(
        "{sent} was answered {status}, expected {expected}: {why}",
        sent=sent,
        status=exchange.status,
        expected=expected,
        why=why,
    )
    kept = exchange.status in statuses and not taken
    context.ledger.record_check(rule, None if kept else flaw, exchange)
    if not kept:
        context.ledger.mark_explained(rule, exchange)
