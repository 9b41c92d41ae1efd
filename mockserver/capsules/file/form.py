"""The form of a capsule file: its keys, and checks of one exchange."""

from __future__ import annotations

import re

from workerkit.openapi.exchange import Exchange

VERSION = 1

STATUSES = range(100, 1000)

LONGEST_SECONDS = 10.0 * 365 * 86_400

HEAD_KEYS = ("capsule", "began", "upstream", "expected", "notes", "scenario", "world", "exchanges")

EXCHANGE_KEYS = ("at", "took", "ending", "server", "request", "answer", "why")

REQUEST_KEYS = ("method", "path", "query", "headers", "body")

ANSWER_KEYS = ("status", "headers", "body")

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_exchange(exchange: Exchange) -> None:
    """Raises ValueError, saying what is wrong, for an exchange that a file could not be read with again."""
    if not TOKEN.fullmatch(exchange.method):
        raise ValueError(f"{exchange.method!r} is no method of a request")
    if exchange.status is not None and exchange.status not in STATUSES:
        raise ValueError(f"{exchange.status} is no status of an answer")
    if exchange.began < 0:
        raise ValueError("it began before the year 1970")
    if exchange.ended - exchange.began > LONGEST_SECONDS:
        raise ValueError("it took longer than ten years")


PART = ".part"
