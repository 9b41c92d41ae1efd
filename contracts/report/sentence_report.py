"""What a run found out about one sentence of the page: from what became of its rules and silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workerkit.contracts.page.page import Section, Sentence, page
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.silences_seen import SilenceSeen


class Standing(StrEnum):
    """What became of a sentence: what became of its rules or, without any, that it leaves a matter open or
    promises nothing."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTESTED = "untested"
    SILENT = "silent"
    NO_PROMISE = "no-promise"

    @property
    def in_words(self) -> str:
        """As people are told."""
        return "left open" if self is Standing.SILENT else self.value.replace("-", " ")


@dataclass(frozen=True, slots=True)
class SentenceReport:
    """A sentence, in its section of the page, with what became of it.

    It is broken where one of its rules is, and kept where one was tested and none is broken. `why` says what
    is broken, untested or left open, and of a sentence that is kept, which of its rules are untested;
    `silences` are what it leaves open, with the values seen or None.
    """

    section: Section
    sentence: Sentence
    standing: Standing
    why: tuple[str, ...]
    silences: tuple[tuple[str, str | None], ...]

    def as_json(self) -> dict[str, Any]:
        """The sentence as an object of the JSON report."""
        return {
            "section": self.section.heading,
            "text": self.sentence.text,
            "gist": self.sentence.gist,
            "status": str(self.standing),
            "why": "; ".join(self.why),
            "rules": list(self.sentence.rules),
            "silences": dict(self.silences),
        }


def sentence_reports(
    rules: Sequence[RuleReport], learnt: Sequence[SilenceSeen]
) -> tuple[SentenceReport, ...]:
    """Every sentence of the page, in its order."""
    by_id, known = {rule.id: rule for rule in rules}, {each.silence: each for each in learnt}
    return tuple(
        _reported(section, sentence, by_id, known) for section in page() for sentence in section.sentences
    )


def _reported(
    section: Section, sentence: Sentence, rules: Mapping[str, RuleReport], learnt: Mapping[str, SilenceSeen]
) -> SentenceReport:
    held = [rules[rule] for rule in sentence.rules]
    left_open = [learnt[silence] for silence in sentence.silences]
    standing = _standing(sentence, {each.status for each in held})
    seen = tuple((each.silence, each.seen) for each in left_open)
    return SentenceReport(section, sentence, standing, tuple(_why(sentence, standing, held, left_open)), seen)


def _standing(sentence: Sentence, found: set[RuleStatus]) -> Standing:
    if sentence.no_promise:
        return Standing.NO_PROMISE
    for status, standing in (
        (RuleStatus.BROKEN, Standing.BROKEN),
        (RuleStatus.KEPT, Standing.KEPT),
        (RuleStatus.UNTESTED, Standing.UNTESTED),
    ):
        if status in found:
            return standing
    return Standing.SILENT


def _why(
    sentence: Sentence, standing: Standing, held: Sequence[RuleReport], left_open: Sequence[SilenceSeen]
) -> Iterator[str]:
    match standing:
        case Standing.BROKEN:
            yield from (f"{each.id}: {each.why}" for each in held if each.status is RuleStatus.BROKEN)
        case Standing.UNTESTED:
            yield from dict.fromkeys(each.why for each in held)
        case Standing.KEPT:
            untested = (each for each in held if each.status is RuleStatus.UNTESTED)
            yield from (f"{each.id} is untested: {each.why}" for each in untested)
        case Standing.SILENT:
            yield from (f"{each.silence}: {each.seen or f'not seen, {each.why}'}" for each in left_open)
        case Standing.NO_PROMISE:
            yield sentence.no_promise
