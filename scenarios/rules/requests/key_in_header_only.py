"""Rule key-in-header-only: send the API key in its header and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote_plus

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class KeyInHeaderOnly(Rule):
    """The worker's API key must not be in a URL or in a body. In a URL it must not be percent-encoded either.

    A longer word that contains the key is allowed.
    """

    id: ClassVar[str] = "key-in-header-only"
    why: ClassVar[str] = phrase(
        "URLs, log entries and notes are stored and displayed. Others can read a key in them."
    )
    careful: ClassVar[str] = phrase(
        "sends the key only in the header for API keys, and masks the key in its logs"
    )
    general: ClassVar[bool] = True
    judges_leaving: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker sent no request")

    def check(self, run: Run) -> list[Violation]:
        key = re.compile(rf"(?<![\w-]){re.escape(run.key)}(?![\w-])")
        leaks = [(exchange, place) for exchange in run.exchanges if (place := _place(key, exchange))]
        if not leaks:
            return []
        first, place = leaks[0]
        message = phrase(
            "The API key is in the {place} of {first_exchange}. It is in {leaks_count} of "
            "{exchanges_count} exchanges.",
            place=place,
            first_exchange=run.describe(first),
            leaks_count=len(leaks),
            exchanges_count=len(run.exchanges),
        )
        return [self.violation(message, tuple(exchange.number for exchange, _ in leaks))]

    def had_occasion(self, run: Run) -> bool:
        return bool(run.own_exchanges)


def _place(key: re.Pattern[str], exchange: Exchange) -> str | None:
    places = {"path": exchange.path, "query": exchange.query}
    for place, text in places.items():
        if key.search(text) or key.search(unquote_plus(text)):
            return place
    return "body" if key.search(exchange.request_body.decode("utf-8", "replace")) else None
