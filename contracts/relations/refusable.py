"""Legal requests that a sound server may still refuse: for its state, or by what the page leaves open."""

from __future__ import annotations

from unicodedata import category

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

_BY_STATE = frozenset({"updateTask", "updateLink", "completeLink", "setRequestStatus", "setAccountStatus"})
_CONTROLS = frozenset({"Cc", "Cs", "Cn", "Co"})
_LONG = 1000
_LISTING_OPEN = frozenset({"after", "service_type"})


def may_be_refused(exchange: Exchange) -> bool:
    """True where a sound server may answer 400 to a request that the spec allows.

    So it is with the status flow (transitions, entity-status, empty-change), with cursors and unknown
    service types, with heartbeats that lack a field, with fields that the page does not name, with numbers
    beyond 32 bits, with texts that are empty, very long or have control characters, and with a batch in
    which a `link_id` stands twice or an item changes nothing.
    """
    reading = ParsedExchange(exchange)
    if reading.operation in _BY_STATE or _has_unnamed_field(reading) or _has_odd_text(reading.sent):
        return True
    if reading.operation == "listTasks":
        return not (_LISTING_OPEN.isdisjoint(reading.query) and _has_small_page(reading))
    if reading.operation == "heartbeat":
        return not _is_whole_heartbeat(reading)
    return _has_double_item(reading) or _has_idle_item(reading)


def _has_odd_text(value: object) -> bool:
    if isinstance(value, str):
        return not 0 < len(value) <= _LONG or any(each in _CONTROLS for each in map(category, value))
    if isinstance(value, dict):
        return any(map(_has_odd_text, value.values()))
    return isinstance(value, list) and any(map(_has_odd_text, value))


def _has_unnamed_field(reading: ParsedExchange) -> bool:
    schemas = {"heartbeat": "Heartbeat", "sendLogs": "LogBatch", "bulkUpdateTasks": "BulkUpdate"}
    schema = schemas.get(str(reading.operation))
    if schema is None or not isinstance(reading.sent, dict):
        return False
    return bool(set(reading.sent) - lenient_spec.fields(schema)) or any(_has_open_entry(reading))


def _has_open_entry(reading: ParsedExchange) -> list[bool]:
    if reading.operation == "sendLogs":
        entries, named = reading.sent_field("logs"), lenient_spec.fields("LogEntry")
    else:
        entries = reading.sent_field("items")
        named = lenient_spec.fields("BulkItem") | lenient_spec.fields("TaskUpdate")
    return [bool(set(entry) - named) for entry in entries or [] if isinstance(entry, dict)]


def _is_whole_heartbeat(reading: ParsedExchange) -> bool:
    sent = reading.sent
    return (
        isinstance(sent, dict)
        and lenient_spec.fields("Heartbeat") <= set(sent)
        and all(_is_number(sent[name], 0, 100) for name in sent if name.endswith("_usage"))
        and all(_is_number(sent[name], 0, 2**31) for name in sent if name.startswith("active_"))
    )


def _has_small_page(reading: ParsedExchange) -> bool:
    return _is_number(reading.legal_parameter("page"), 1, 2**31)


def _has_double_item(reading: ParsedExchange) -> bool:
    items = reading.sent_field("items")
    ids = [str(each.get("link_id")).lower() for each in items or [] if isinstance(each, dict)]
    return len(set(ids)) < len(ids)


def _has_idle_item(reading: ParsedExchange) -> bool:
    items = reading.sent_field("items")
    return any(set(each) == {"link_id"} for each in items or [] if isinstance(each, dict))


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int | float) and least <= value < most + 1
