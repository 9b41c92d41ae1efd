"""How a worker's request differs from the recorded one."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.replay.matching import NOTHING, Difference, asked_for, display
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

# What a worker says in its own words, or measures: only that it says it is compared.
_EXACT = frozenset({"status", "link_id", "request_id", "account_id", "level", "link_profile", "link_post"})


def request_meaning(exchange: Exchange) -> dict[str, Any]:
    query = sorted(parse_qsl(exchange.query, keep_blank_values=True))
    key = exchange.header(worker_api().key_header)
    asked = f"{exchange.method} {exchange.path}"
    return {"asked": asked, "query": query, "key": key, "body": _said(exchange.sent(), "")}


def _said(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {each: _said(inner, each) for each, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_said(each, name) for each in value]
    return value if name in _EXACT or value is None else isinstance(value, str)


def request_difference(expected: Exchange, asked: Exchange) -> Difference:
    """Where a request differs from another, of which it does not mean the same."""
    before, after = request_meaning(expected), request_meaning(asked)
    match next(part for part in before if before[part] != after[part]):
        case "query":
            return difference_at(
                expected, "request/query", expected.query or "no query", asked.query or "no query"
            )
        case "key":
            place = f"request/{worker_api().key_header}"
            return difference_at(expected, place, "the worker's key", "another one")
        case "body":
            place, *values = _first_in("request/body", "", expected.sent(), asked.sent())
            return difference_at(expected, place, *(display(place, each) for each in values))
    return difference_at(expected, "request", request_text(expected), request_text(asked))


def _first_in(place: str, name: str, before: Any, after: Any) -> tuple[str, Any, Any]:
    """The first place at which two bodies do not say the same, with what they say there."""
    if isinstance(before, dict) and isinstance(after, dict):
        for each in (*before, *after):
            pair = before.get(each, NOTHING), after.get(each, NOTHING)
            if (each in before) != (each in after):
                return f"{place}/{each}", *pair
            if _said(pair[0], each) != _said(pair[1], each):
                return _first_in(f"{place}/{each}", each, *pair)
    if isinstance(before, list) and isinstance(after, list):
        for index, pair in enumerate(zip(before, after, strict=False)):
            if _said(pair[0], name) != _said(pair[1], name):
                return _first_in(f"{place}/{index}", name, *pair)
        return place, f"{len(before)} items", f"{len(after)} items"
    return place, before, after


def request_text(exchange: Exchange) -> str:
    body = display("request/body", exchange.request_body) if exchange.request_body else ""
    return f"{asked_for(exchange)} {body}".rstrip()


def difference_at(exchange: Exchange, place: str, recorded: str, now: str) -> Difference:
    return Difference(exchange.number, exchange.operation, asked_for(exchange), place, recorded, now)
