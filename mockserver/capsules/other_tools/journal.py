"""Reads exchanges from a journal of `workerkit serve`, which has one JSON object on each line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.file.file_format import check_exchange
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import read_time

Json = dict[str, Any]
# Times in a journal are whole seconds. Entries with the same time must keep their order. So this number is
# added once to the time of entry 1, twice to the time of entry 2, and so on.
_SECONDS_BETWEEN_ENTRIES = 1e-6


def exchange_from_journal(entry: Json, number: int, base_path: str) -> RecordedExchange:
    """The exchange of an entry of a journal.

    number: the number of the entry.
    base_path: is not used: the mock always has the same base path.

    Raises KeyError, TypeError, ValueError or AttributeError if `entry` is not an entry of a journal.
    """
    began = read_time(entry["time"]) + number * _SECONDS_BETWEEN_ENTRIES
    status = entry["status"]
    exchange = Exchange(
        number=number,
        operation=entry["operation"],
        server=entry["server"],
        method=str(entry["method"]),
        path=str(entry["path"]),
        query=str(entry["query"]),
        request_headers=_pairs(entry["request"]["headers"]),
        request_body=_body(entry["request"]["body"]),
        status=status,
        answer_headers=_pairs(entry["answer"]["headers"]),
        answer_body=_body(entry["answer"]["body"]) if status else b"",
        began=began,
        ended=began + max(0.0, float(entry["seconds"])),
        why=str(entry["why"]),
    )
    check_exchange(exchange)
    return RecordedExchange.of(exchange)


def _pairs(pairs: Iterable[list[str]]) -> Headers:
    return tuple((name, text) for name, text in pairs)


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else render(value)
