"""Compares a worker's request with the recorded request."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.comparison.difference import (
    MISSING,
    Difference,
    difference_at,
    display,
    request_line,
)
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import worker_api

# The values of these fields must be equal. Other values, such as messages and measurements, change from run
# to run. So for them it is compared only whether they are there, and whether
# they are a text, null, or something else.
_EXACT_FIELDS = frozenset(
    {"status", "link_id", "request_id", "account_id", "level", "link_profile", "link_post"}
)

_NO_QUERY, _NO_KEY = phrase("no query"), phrase("no key")


def request_meaning(exchange: Exchange) -> dict[str, Any]:
    """The parts of a request that are compared. Two requests match if these parts are equal."""
    query = sorted(parse_qsl(exchange.query, keep_blank_values=True))
    key = exchange.header(worker_api().key_header)
    target = f"{exchange.method} {exchange.path}"
    return {"target": target, "query": query, "key": key, "body": _comparable(exchange.request_json(), "")}


def request_difference(expected: Exchange, request: Exchange) -> Difference:
    """The first difference between two requests that do not match."""
    before, after = request_meaning(expected), request_meaning(request)
    match next(part for part in before if before[part] != after[part]):
        case "query":
            return difference_at(
                expected, "request/query", expected.query or _NO_QUERY, request.query or _NO_QUERY
            )
        case "key":
            place = f"request/{worker_api().key_header}"
            return difference_at(expected, place, before["key"] or _NO_KEY, after["key"] or _NO_KEY)
        case "body":
            place, *values = _first_difference(
                "request/body", "", expected.request_json(), request.request_json()
            )
            return difference_at(expected, place, *(display(place, value) for value in values))
    return difference_at(expected, "request", request_text(expected), request_text(request))


def request_text(exchange: Exchange) -> str:
    """The request for messages: its method, path, query and body, without secrets."""
    body = display("request/body", exchange.request_body) if exchange.request_body else ""
    return f"{request_line(exchange)} {body}".rstrip()


def _comparable(value: Any, name: str) -> Any:
    """The value for comparisons. Values of the exact fields and null stay as they are.

    In other fields, a text becomes True and a number or a boolean becomes False.
    """
    if isinstance(value, dict):
        return {key: _comparable(member, key) for key, member in sorted(value.items())}
    if isinstance(value, list):
        return [_comparable(item, name) for item in value]
    return value if name in _EXACT_FIELDS or value is None else isinstance(value, str)


def _first_difference(place: str, name: str, before: Any, after: Any) -> tuple[str, Any, Any]:
    """The first place where two bodies do not match, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *after):
            pair = before.get(key, MISSING), after.get(key, MISSING)
            if (key in before) != (key in after):
                return f"{place}/{key}", *pair
            if _comparable(pair[0], key) != _comparable(pair[1], key):
                return _first_difference(f"{place}/{key}", key, *pair)
    if isinstance(before, list) and isinstance(after, list):
        for index, pair in enumerate(zip(before, after, strict=False)):
            if _comparable(pair[0], name) != _comparable(pair[1], name):
                return _first_difference(f"{place}/{index}", name, *pair)
        counts = [phrase("{count} items", count=len(items)) for items in (before, after)]
        return place, counts[0], counts[1]
    return place, before, after
