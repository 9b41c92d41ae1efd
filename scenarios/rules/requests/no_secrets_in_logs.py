"""No password and no e-mail address stands in a log or a note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.encodings import spellings
from workerkit.openapi.masking.literal_regex import any_of
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SECRETS = {"password": "password", "email": "e-mail address"}
_NOTES = ("note", "error_message")
# A shorter one, or one of letters only, is a word that may stand anywhere.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class NoSecretsInLogs(Rule):
    """No log entry, note or error message has the password or e-mail address of a task in it, also encoded.

    The API key has a rule of its own.
    """

    id: ClassVar[str] = "no-secrets-in-logs"
    why: ClassVar[str] = (
        "Logs and notes are read by people who must not use the accounts, and are kept for long."
    )
    careful: ClassVar[str] = "writes ids of tasks into logs and notes, never a task with all its fields"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        kinds = _kinds(run)
        if not kinds:
            return []
        secret = re.compile(rf"(?<![\w.+-])(?:{any_of(kinds)})(?![\w-]|\.\w)")
        return self.found(
            [
                _case(run, exchange, place, kinds[leak[0]])
                for exchange, place, text in _texts(run)
                if (leak := secret.search(text)) is not None
            ]
        )


def _kinds(run: Run) -> dict[str, str]:
    """The secrets of the tasks, in all spellings, each with what it is."""
    open_words = {str(task.get(name)) for task in run.tasks for name in ("username", "site_name")}
    return {
        form: kind
        for task in run.tasks
        for name, kind in _SECRETS.items()
        if _is_telling(secret := str(task.get(name, ""))) and secret not in open_words
        for form in spellings(secret)
    }


def _is_telling(secret: str) -> bool:
    return len(secret) >= _SHORTEST and not secret.isalpha()


def _texts(run: Run) -> Iterator[tuple[Exchange, str, str]]:
    """All that was written for people: in which exchange, where in it, and the text."""
    for exchange in run.own_exchanges:
        if exchange.operation == "sendLogs":
            for text in _strings(exchange.sent()):
                yield exchange, "a log entry", text
    for report in run.reports:
        for name in _NOTES:
            for text in _strings(report.fields.get(name)):
                yield report.exchange, f"the {name} of task {report.task}", text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _case(run: Run, exchange: Exchange, place: str, kind: str) -> Breach:
    return Breach(f"The {kind} of a task stands in {place}, in {run.named(exchange)}.", (exchange.number,))
