"""Requests that follow the spec, but that a correct server may still answer with 4xx."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from unicodedata import category

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_items_of, link_id_of, log_entries_of
from workerkit.openapi.formats.strict_json import objects_in

_STATE_DEPENDENT = frozenset(
    {"updateTask", "updateLink", "completeLink", "setRequestStatus", "setAccountStatus"}
)
_PLAIN_PARAMETERS = frozenset({"page", "limit", "status"})
# Every check for URLs accepts these.
_PLAIN_LINK = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,6}(/[A-Za-z0-9._~/-]*)?")
# Control characters, surrogates, and accents that follow their letter.
_UNUSUAL_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Co", "Mn"})
_LAST_OF_BMP = 0xFFFF
_LONGEST_TEXT = 255


def may_be_refused(exchange: Exchange) -> bool:
    """True if a correct server may answer 4xx to this request, although the spec allows it.

    The API page leaves these matters open:
    - Updates of one task, and all callbacks: see the silences `transitions`, `entity-status` and
      `empty-change`.
    - A cursor or a service type in GET /tasks, an empty parameter, or one that the API page does not name.
    - A heartbeat without some of its fields, with a usage outside 0 to 100, with a count outside 0 to 2**31
      or with decimals (3.0), or with an `ip` that is not an IPv4 address.
    - A link that is not a plain URL.
    - A body that is missing or has another content type than JSON.
    - A field that the API page does not name.
    - A page number outside 1 to 2**31, and any number beyond 2**53.
    - A text that is empty, has more than 255 characters, or has characters that some databases cannot store.
    - A batch with the same `link_id` twice, or with an item that changes nothing.
    """
    parsed = ParsedExchange(exchange)
    if parsed.operation in _STATE_DEPENDENT or parsed.has_unportable_request:
        return True
    if parsed.operation == "listTasks":
        return not _is_plain_list(parsed)
    if not parsed.has_json_body or _has_unnamed_field(parsed) or _has_unusual_text(parsed.request_json):
        return True
    if parsed.operation == "heartbeat":
        return not _is_complete_heartbeat(parsed)
    return _has_repeated_item(parsed) or _has_empty_item(parsed) or _has_unusual_link(parsed)


def _is_plain_list(parsed: ParsedExchange) -> bool:
    return (
        set(parsed.query) <= _PLAIN_PARAMETERS
        and all(parsed.query.values())
        and _has_small_page_number(parsed)
    )


def _has_unusual_text(value: object) -> bool:
    if isinstance(value, str):
        return not 0 < len(value) <= _LONGEST_TEXT or any(map(_is_unusual, value))
    if isinstance(value, dict):
        return any(map(_has_unusual_text, value.values()))
    return isinstance(value, list) and any(map(_has_unusual_text, value))


def _is_unusual(char: str) -> bool:
    # A lone surrogate is read as the replacement character.
    return ord(char) > _LAST_OF_BMP or char == "\ufffd" or category(char) in _UNUSUAL_CATEGORIES


def _has_unnamed_field(parsed: ParsedExchange) -> bool:
    schemas = {"heartbeat": "Heartbeat", "sendLogs": "LogBatch", "bulkUpdateTasks": "BulkUpdate"}
    schema = schemas.get(str(parsed.operation))
    if schema is None or not isinstance(parsed.request_json, dict):
        return False
    return bool(set(parsed.request_json) - lenient_spec.field_names(schema)) or _has_entry_with_unnamed_field(
        parsed
    )


def _has_entry_with_unnamed_field(parsed: ParsedExchange) -> bool:
    if parsed.operation == "sendLogs":
        entries, named = log_entries_of(parsed.request_json), lenient_spec.field_names("LogEntry")
    else:
        entries = bulk_items_of(parsed.request_json)
        named = lenient_spec.field_names("BulkItem") | lenient_spec.field_names("TaskUpdate")
    return any(set(entry) - named for entry in entries if isinstance(entry, dict))


def _is_complete_heartbeat(parsed: ParsedExchange) -> bool:
    body = parsed.request_json
    return (
        isinstance(body, dict)
        and lenient_spec.field_names("Heartbeat") <= set(body)
        and all(_is_number(body[name], 0, 100) for name in body if name.endswith("_usage"))
        and all(_is_count(body[name]) for name in body if name.startswith("active_"))
        and _is_ip_address(body["ip"])
    )


def _has_small_page_number(parsed: ParsedExchange) -> bool:
    return _is_number(parsed.parameter_value("page"), 1, 2**31)


def _has_repeated_item(parsed: ParsedExchange) -> bool:
    items = bulk_items_of(parsed.request_json)
    ids = [str(link_id_of(item)).lower() for item in items if isinstance(item, dict)]
    return len(set(ids)) < len(ids)


def _has_empty_item(parsed: ParsedExchange) -> bool:
    items = bulk_items_of(parsed.request_json)
    return any(set(item) == {"link_id"} for item in items if isinstance(item, dict))


def _has_unusual_link(parsed: ParsedExchange) -> bool:
    items = objects_in(parsed.request_json, "items")
    links = [item[name] for item in items for name in LINK_FIELDS if name in item]
    return not all(isinstance(link, str) and _PLAIN_LINK.fullmatch(link) for link in links)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_number(value, 0, 2**31)


def _is_ip_address(value: object) -> bool:
    try:
        IPv4Address(str(value))
    except AddressValueError:
        return False
    return True


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int | float) and least <= value < most + 1
