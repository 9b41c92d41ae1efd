"""Which sentences of the API page a worker exercised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.page.page import Exercise, Sentence, page_sections
from workerkit.scenarios.coverage.judged_run import JudgedRun


def sentence_scenarios(runs: Iterable[JudgedRun]) -> dict[Sentence, tuple[str, ...]]:
    """Returns the sentences that a worker can exercise, each with the scenarios in which it did.

    The sentences are in the order of the API page, the names of the scenarios in the order of the runs.
    """
    sentences = [
        (sentence, sentence.exercised_by)
        for section in page_sections()
        for sentence in section.sentences
        if sentence.exercised_by is not None
    ]
    found: dict[Sentence, list[str]] = {sentence: [] for sentence, _ in sentences}
    for run in runs:
        answered = [exchange for exchange in run.record.own_exchanges if exchange.status is not None]
        facts = [_Facts(run, exchange) for exchange in answered]
        for sentence, exercise in sentences:
            if any(fact.match(exercise) for fact in facts):
                found[sentence].append(run.verdict.scenario)
    return {sentence: tuple(dict.fromkeys(names)) for sentence, names in found.items()}


class _Facts:
    """What the conditions of an exercise are compared with, for one exchange."""

    def __init__(self, run: JudgedRun, exchange: Exchange) -> None:
        self._operation, self._status = exchange.operation, exchange.status
        self._asked = {asked.kind for asked in run.record.asked[exchange.number]}
        self._sent = {*parse_qs(exchange.query), *_fields(exchange.request_json())}
        self._answer = exchange.answer_body

    def match(self, exercise: Exercise) -> bool:
        return (
            (not exercise.operations or self._operation in exercise.operations)
            and (not exercise.asked or exercise.asked in self._asked)
            and (not exercise.sent or exercise.sent in self._sent)
            and (exercise.status is None or exercise.status == self._status)
            and exercise.answered.encode() in self._answer
        )


def _fields(body: Any) -> set[str]:
    """Returns the names of the fields of a JSON body, and of the items of its lists."""
    if not isinstance(body, Mapping):
        return set()
    items = (item for value in body.values() if isinstance(value, list) for item in value)
    return {*body, *(name for item in items if isinstance(item, Mapping) for name in item)}
