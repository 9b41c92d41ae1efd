"""A conformance report in the form that all commands share, from which files are written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.sentence_report import SentenceReport, Standing
from workerkit.contracts.report.text import evidence_lines, receipt_of, remarks, verdict_of
from workerkit.mockserver.reports.report import (
    Aside,
    Case,
    Chapter,
    CommandReport,
    Outcome,
    ReportFinding,
    ReportSentence,
)

_OUTCOMES = {
    RuleStatus.KEPT: Outcome.PASS,
    RuleStatus.BROKEN: Outcome.FAIL,
    RuleStatus.UNTESTED: Outcome.SKIP,
}
_STANDINGS = {Standing(status): outcome for status, outcome in _OUTCOMES.items()}


def as_cases(report: Report) -> CommandReport:
    """The report with a case for each rule: its title is the page's sentence, an untested one is skipped.

    The chapters are the page, sentence by sentence.
    """
    return CommandReport(
        title="workerkit conform",
        summary=verdict_of(report),
        seconds=report.seconds,
        cases=tuple(map(_case, report.rules)),
        notes=(f"Target: {report.target}", *remarks(report)),
        chapters=tuple(_chapters(report)),
        asides=tuple(_asides(report)),
    )


def _asides(report: Report) -> Iterator[Aside]:
    told, *lines = receipt_of(report) or [""]
    if told:
        yield Aside(told, tuple(lines))


def _chapters(report: Report) -> Iterator[Chapter]:
    for section, found in groupby(report.sentences, key=lambda each: each.section):
        yield Chapter(section.heading, section.gist, tuple(map(_sentence, found)))


def _sentence(found: SentenceReport) -> ReportSentence:
    said = found.sentence
    # Without a rule, its silences are all that there is to say.
    values = [f"{silence} {value or 'not seen'}" for silence, value in found.silences if said.rules]
    left_open = [f"left open: {', '.join(values)}"] if values else []
    return ReportSentence(
        said.text,
        said.gist,
        found.standing.in_words,
        _STANDINGS.get(found.standing),
        said.rules,
        (*found.why, *left_open),
    )


def _case(rule: RuleReport) -> Case:
    return Case(
        name=rule.id,
        outcome=_OUTCOMES[rule.status],
        title=rule.rule.sentence.bilingual,
        findings=tuple(_finding(rule, flaw) for flaw in rule.flaws),
        notes=(f"Untested: {rule.why}",) if rule.status is RuleStatus.UNTESTED else (),
    )


def _finding(rule: RuleReport, flaw: RuleFlaw) -> ReportFinding:
    shown = [each for each in rule.evidence if each.number in flaw.exchanges]
    return ReportFinding(
        rule.id, flaw.message, tuple(line for each in shown for line in evidence_lines(each))
    )
