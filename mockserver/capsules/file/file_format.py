"""The capsule file format: its version, its keys and its limits."""

from __future__ import annotations

import re

from workerkit.openapi.exchange import Exchange

VERSION = 1
STATUSES = range(100, 600)
MAX_SECONDS = 10.0 * 365 * 86_400
HEAD_KEYS = (
    "capsule",
    "began",
    "upstream",
    "expected",
    "notes",
    "scenario",
    "world",
    "complete",
    "exchanges",
)
EXCHANGE_KEYS = ("at", "took", "ending", "server", "request", "answer", "why")
REQUEST_KEYS = ("method", "path", "query", "headers", "body")
ANSWER_KEYS = ("status", "headers", "body")
# A method or a header name of HTTP.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The end of the name of a file that is still being recorded.
PART_SUFFIX = ".part"


def is_complete(value: object, count: int) -> bool | None:
    """Whether a file with `count` exchanges has all exchanges that were recorded. None if it does not say so.

    value: the key `complete` of the file: how many exchanges were recorded, or False if exchanges may be
        missing. None if the file has no such key. Older files have none, files that people wrote, and a file
        that is being recorded.
    """
    return None if value is None else value is not False and value == count


def check_exchange(exchange: Exchange) -> None:
    """Raises ValueError if a capsule file cannot hold the exchange. The message says why."""
    if not TOKEN.fullmatch(exchange.method):
        raise ValueError(f"{exchange.method!r} is not a request method")
    if exchange.status is not None and exchange.status not in STATUSES:
        raise ValueError(f"{exchange.status} is not an HTTP status")
    if exchange.began < 0:
        raise ValueError("it began before the year 1970")
    if exchange.ended - exchange.began > MAX_SECONDS:
        raise ValueError("it took longer than ten years")
