"""Rule no-secrets-in-logs: write no password and no e-mail address into a log or a note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.masking.encodings import encoded_forms
from workerkit.openapi.masking.literal_regex import regex_of_any
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SECRET_FIELDS = {"password": phrase("password"), "email": phrase("e-mail address")}
_NOTE_FIELDS = ("note", "error_message")
# A shorter password, or one of letters only, may be a normal word in a text.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class NoSecretsInLogs(Rule):
    """Log entries, notes and error messages must not contain the password or e-mail address of a task.

    Encoded passwords and addresses are found, too. The API key is checked by the rule key-in-header-only.
    """

    id: ClassVar[str] = "no-secrets-in-logs"
    why: ClassVar[str] = phrase(
        "Logs and notes are kept for a long time. People who must not use the accounts can read them."
    )
    careful: ClassVar[str] = phrase(
        "writes the ids of tasks into logs and notes, never a task with all its fields"
    )
    general: ClassVar[bool] = True
    judges_leaving: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker sent no logs")

    def check(self, run: Run) -> list[Violation]:
        kinds = _kinds_of_secrets(run)
        if not kinds:
            return []
        secret = re.compile(rf"(?<![\w.+-])(?:{regex_of_any(kinds)})(?![\w-]|\.\w)")
        return self.summarize(
            [
                _breach(run, exchange, place, kinds[leak[0]])
                for exchange, place, text in _texts(run)
                if (leak := secret.search(text)) is not None
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.operation == "sendLogs" for exchange in run.own_exchanges)


def _kinds_of_secrets(run: Run) -> dict[str, str]:
    """Returns the secrets of all tasks in all encodings, each with its kind: password or e-mail address."""
    public_words = {str(task.get(name)) for task in run.tasks for name in ("username", "site_name")}
    return {
        encoded: kind
        for task in run.tasks
        for name, kind in _SECRET_FIELDS.items()
        if _is_distinctive(secret := str(task.get(name, ""))) and secret not in public_words
        for encoded in encoded_forms(secret)
    }


def _is_distinctive(secret: str) -> bool:
    return len(secret) >= _SHORTEST and not secret.isalpha()


def _texts(run: Run) -> Iterator[tuple[Exchange, str, str]]:
    """Returns all texts that the worker wrote for people: the exchange, the place in it, and the text."""
    for exchange in run.own_exchanges:
        if exchange.operation == "sendLogs":
            for text in _strings(exchange.request_json()):
                yield exchange, phrase("a log entry"), text
    for report in run.reports:
        for name in _NOTE_FIELDS:
            for text in _strings(report.fields.get(name)):
                yield report.exchange, phrase("the {name} of task {task}", name=name, task=report.task), text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def _breach(run: Run, exchange: Exchange, place: str, kind: str) -> Breach:
    return Breach(
        phrase(
            "The {kind} of a task is in {place}, in {exchange}.",
            kind=kind,
            place=place,
            exchange=run.describe(exchange),
        ),
        (exchange.number,),
    )
