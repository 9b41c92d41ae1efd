"""The API key is sent in its header and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote_plus

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class KeyInHeaderOnly(Rule):
    """The worker's key stands in no URL and no body, also not percent-encoded, as a word of its own."""

    id: ClassVar[str] = "key-in-header-only"
    why: ClassVar[str] = "URLs, log entries and notes are stored and shown in clear, and with them the key."
    careful: ClassVar[str] = "sends the key in the header X-API-Key only, and masks it in what it logs"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        word = re.compile(rf"(?<![\w-]){re.escape(run.key)}(?![\w-])")
        leaks = [(exchange, place) for exchange in run.exchanges if (place := _place(word, exchange))]
        if not leaks:
            return []
        first, place = leaks[0]
        message = (
            f"The API key stands in the {place} of exchange {first.number} ({first.method} "
            f"{first.operation or 'of no operation'} at {run.since_start(first.began)}); it does so in "
            f"{len(leaks)} of {len(run.exchanges)} exchanges."
        )
        return [self.broken(message, tuple(exchange.number for exchange, _ in leaks))]


def _place(word: re.Pattern[str], exchange: Exchange) -> str | None:
    places = {"path": exchange.path, "query": exchange.query}
    for place, written in places.items():
        if word.search(written) or word.search(unquote_plus(written)):
            return place
    return "body" if word.search(exchange.request_body.decode("utf-8", "replace")) else None
