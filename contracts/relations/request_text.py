"""Says in a few words what a request was, and what was unusual about it. For the messages of findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unicodedata import category, combining
from urllib.parse import unquote

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.target.fake_ids import is_fake_key
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import error_text, joined, phrase
from workerkit.openapi.spec.api import worker_api

_MAX_LENGTH = 120
_LONG_TEXT = 255
_LARGEST_INTEGER = 2**31 - 1
_LAST_BASIC_CHARACTER = "\uffff"


def request_text(exchange: Exchange) -> str:
    """The request in one line: `PUT /tasks/:id {"status": "nonsense"} without a key`. Long bodies are cut."""
    parts = [f"{exchange.method} {_path(exchange)}", _body(exchange)]
    if exchange.header(worker_api().key_header) is None:
        parts.append(phrase("without a key"))
    return joined(" ", filter(None, parts))


def unusual_part(parsed: ParsedExchange) -> str:
    """What is unusual about a request: `a request that is not valid (...)`, or `a valid request`.

    Servers often fail on such a part, so two failures with different parts have different causes.
    """
    key = parsed.exchange.header(worker_api().key_header)
    if key is None:
        return phrase("a request without a key")
    if is_fake_key(key):
        return phrase("a request with an unknown key")
    if parsed.request_flaw is not None:
        return phrase("a request that is not valid ({flaw})", flaw=error_text(parsed.request_flaw))
    unusual = next(_unusual_values_of(parsed), None)
    return (
        phrase("a valid request")
        if unusual is None
        else phrase("a valid request in which {unusual}", unusual=unusual)
    )


def is_plain(parsed: ParsedExchange) -> bool:
    """True if the request is valid and has no unusual value."""
    return parsed.request_flaw is None and next(_unusual_values_of(parsed), None) is None


def _unusual_values_of(parsed: ParsedExchange) -> Iterator[str]:
    if parsed.request_json is not None:
        yield from _unusual_values("body", parsed.request_json)
    for name, text in parsed.query.items():
        yield from _unusual_values("query", {name: text})


def operation_title(operation_id: str) -> str:
    """The method and the path of an operation, as on the API page: `PUT /tasks/:id`."""
    operation = worker_api().operations[operation_id]
    return f"{operation.method} {_shown(operation.path)}"


def _shown(path: str) -> str:
    return path.removeprefix(worker_api().base_path).replace("{", ":").replace("}", "")


def _path(exchange: Exchange) -> str:
    operation = worker_api().operations.get(str(exchange.operation))
    path = _shown(exchange.path if operation is None else operation.path)
    return f"{path}?{_shortened(unquote(exchange.query))}" if exchange.query else path


def _body(exchange: Exchange) -> str:
    value = exchange.request_json()
    if value is None:
        return _shortened(exchange.request_body.decode("utf-8", "backslashreplace"))
    return _shortened(json.dumps(_first_members(value), ensure_ascii=False))


def _first_members(value: Any) -> Any:
    """The value with only the first member of each list, and with the number of the others."""
    if isinstance(value, dict):
        return {name: _first_members(member) for name, member in value.items()}
    if isinstance(value, list) and len(value) > 1:
        return [_first_members(value[0]), f"... {len(value) - 1} more"]
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."


def _unusual_values(place: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _unusual_values(f"{place}/{name}", member)
    elif isinstance(value, list):
        for member in value:
            yield from _unusual_values(place, member)
    elif isinstance(value, str):
        yield from (phrase("{place} has {text}", place=place, text=text) for text in _unusual_text(value))
    elif value is None:
        yield phrase("{place} is null", place=place)
    elif isinstance(value, int | float) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        yield phrase("{place} is a number beyond 32 bits", place=place)


def _unusual_text(text: str) -> Iterator[str]:
    categories = set(map(category, text))
    if "Cs" in categories:
        yield phrase("a lone surrogate")
    if "\0" in text:
        yield phrase("a NUL character")
    if len(text) > _LONG_TEXT:
        yield phrase("more than {long_text} characters", long_text=_LONG_TEXT)
    if "Cc" in categories:
        yield phrase("a control character")
    if max(text, default="") > _LAST_BASIC_CHARACTER:
        yield phrase("a character beyond the Basic Multilingual Plane")
    if any(map(combining, text)):
        yield phrase("a combining character")
    if not text.isascii():
        yield phrase("a character that is not ASCII")
    if set(text) & set("<>&\"'\\"):
        yield phrase("a character with a meaning in HTML, SQL or JSON")
