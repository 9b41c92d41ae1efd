"""The report of one sentence of the API page. It follows from the reports of its rules and silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.page.page import Section, Sentence, page_sections


class SentenceStatus(StrEnum):
    """The status of a sentence of the API page.

    KEPT: a rule of the sentence is kept, and no rule is broken.
    BROKEN: a rule of the sentence is broken.
    UNTESTED: all rules of the sentence are untested.
    LEFT_OPEN: the sentence has no rules, only silences.
    NO_PROMISE: the sentence promises nothing.
    """

    KEPT = "kept"
    BROKEN = "broken"
    UNTESTED = "untested"
    LEFT_OPEN = "silent"
    NO_PROMISE = "no-promise"

    @property
    def text(self) -> str:
        """The status in words, for people."""
        return _STATUS_TEXTS[self]


_STATUS_TEXTS = {
    SentenceStatus.KEPT: RuleStatus.KEPT.text,
    SentenceStatus.BROKEN: RuleStatus.BROKEN.text,
    SentenceStatus.UNTESTED: RuleStatus.UNTESTED.text,
    SentenceStatus.LEFT_OPEN: phrase("left open"),
    SentenceStatus.NO_PROMISE: phrase("no promise"),
}


@dataclass(frozen=True, slots=True)
class SentenceReport:
    """The report of one sentence of the API page.

    section: the section of the API page.
    sentence: the sentence.
    status: the status, which follows from the rules of the sentence.
    why: what explains the status: the flaws, the reasons or the silences. For a kept sentence: its untested
        rules.
    observed_values: a pair for each silence of the sentence: its id, and the observed value or None.
    """

    section: Section
    sentence: Sentence
    status: SentenceStatus
    why: tuple[str, ...]
    observed_values: tuple[tuple[str, str | None], ...]

    def as_json(self) -> dict[str, Any]:
        """The sentence as an object of the JSON report."""
        return {
            "section": self.section.heading,
            "text": self.sentence.text,
            "gist": self.sentence.gist,
            "status": str(self.status),
            "why": "; ".join(self.why),
            "rules": list(self.sentence.rules),
            "silences": dict(self.observed_values),
        }


def sentence_reports(
    rules: Sequence[RuleReport], silences: Sequence[SilenceReport]
) -> tuple[SentenceReport, ...]:
    """A report for each sentence of the API page, in the order of the page.

    rules: the reports of all rules.
    silences: the reports of all silences.
    """
    rules_by_id = {rule.id: rule for rule in rules}
    silences_by_id = {silence.silence: silence for silence in silences}
    return tuple(
        _sentence_report(section, sentence, rules_by_id, silences_by_id)
        for section in page_sections()
        for sentence in section.sentences
    )


def _sentence_report(
    section: Section,
    sentence: Sentence,
    rules_by_id: Mapping[str, RuleReport],
    silences_by_id: Mapping[str, SilenceReport],
) -> SentenceReport:
    rules = [rules_by_id[rule_id] for rule_id in sentence.rules]
    silences = [silences_by_id[silence_id] for silence_id in sentence.silences]
    status = _status(sentence, {rule.status for rule in rules})
    why = tuple(_why(sentence, status, rules, silences))
    observed_values = tuple((silence.silence, silence.observed) for silence in silences)
    return SentenceReport(section, sentence, status, why, observed_values)


def _status(sentence: Sentence, rule_statuses: set[RuleStatus]) -> SentenceStatus:
    if sentence.no_promise:
        return SentenceStatus.NO_PROMISE
    for rule_status, sentence_status in (
        (RuleStatus.BROKEN, SentenceStatus.BROKEN),
        (RuleStatus.KEPT, SentenceStatus.KEPT),
        (RuleStatus.UNTESTED, SentenceStatus.UNTESTED),
    ):
        if rule_status in rule_statuses:
            return sentence_status
    return SentenceStatus.LEFT_OPEN


def _why(
    sentence: Sentence,
    status: SentenceStatus,
    rules: Sequence[RuleReport],
    silences: Sequence[SilenceReport],
) -> Iterator[str]:
    match status:
        case SentenceStatus.BROKEN:
            yield from (f"{rule.id}: " + rule.why for rule in rules if rule.status is RuleStatus.BROKEN)
        case SentenceStatus.UNTESTED:
            yield from dict.fromkeys(rule.why for rule in rules)
        case SentenceStatus.KEPT:
            untested = (rule for rule in rules if rule.status is RuleStatus.UNTESTED)
            yield from (phrase("{id} is untested: {why}", id=rule.id, why=rule.why) for rule in untested)
        case SentenceStatus.LEFT_OPEN:
            for silence in silences:
                why = phrase("not seen ({why})", why=silence.why)
                yield f"{silence.silence}: " + (silence.observed or why)
        case SentenceStatus.NO_PROMISE:
            yield sentence.no_promise
