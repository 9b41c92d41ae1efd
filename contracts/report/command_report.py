"""Converts a conformance report to a `CommandReport`, for the HTML, JUnit and Markdown reports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.cause_report import CauseReport
from workerkit.contracts.report.comparison import Comparison, RuleChange, RuleChangeKind
from workerkit.contracts.report.comparison_text import comparison_lines, rule_change_text
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.sentence_report import SentenceReport, SentenceStatus
from workerkit.contracts.report.text import (
    answer_text,
    cause_extent,
    cause_message,
    evidence_lines,
    fix_first_heading,
    mending_hint,
    receipt_lines,
    report_notes,
    verdict_line,
)
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    FoldedNote,
    Outcome,
    ReportCause,
    ReportCommand,
    ReportFinding,
    ReportSection,
    ReportSentence,
)
from workerkit.openapi.languages.phrase import joined, phrase

_OUTCOMES = {
    RuleStatus.KEPT: Outcome.PASS,
    RuleStatus.BROKEN: Outcome.FAIL,
    RuleStatus.UNTESTED: Outcome.SKIP,
}
_SENTENCE_OUTCOMES = {SentenceStatus(status): outcome for status, outcome in _OUTCOMES.items()}

_NOT_SEEN = phrase("not seen")


def command_report(report: Report) -> CommandReport:
    """The report as a `CommandReport`.

    Each rule is a case. The title of the case is the sentence of the API page. Untested rules are skipped
    cases. Broken rules that were also broken in the baseline are skipped cases, too. The sections are the
    sections of the API page.
    """
    return CommandReport(
        title="workerkit conform",
        summary=verdict_line(report),
        seconds=report.seconds,
        cases=tuple(_case(rule, report.comparison) for rule in report.rules),
        notes=(phrase("Target: {target}", target=report.target), *report_notes(report)),
        sections=tuple(_sections(report)),
        folded_notes=tuple(_folded_notes(report)),
        causes=tuple(map(_cause, report.causes)),
        causes_heading=fix_first_heading(report),
    )


def _cause(cause: CauseReport) -> ReportCause:
    """The cause without its exchanges: the case of its rule has them."""
    finding = ReportFinding(cause.rule, cause_message(cause))
    return ReportCause(finding, cause_extent(cause), cause.rules)


def _folded_notes(report: Report) -> Iterator[FoldedNote]:
    lines = receipt_lines(report)
    if lines:
        yield FoldedNote(lines[0], tuple(lines[1:]))
    if report.comparison is not None:
        summary, *details = comparison_lines(report.comparison)
        yield FoldedNote(summary, tuple(details))


def _sections(report: Report) -> Iterator[ReportSection]:
    for section, sentences in groupby(report.sentences, key=lambda sentence: sentence.section):
        yield ReportSection(section.heading, section.gist, tuple(map(_sentence, sentences)))


def _sentence(report: SentenceReport) -> ReportSentence:
    sentence = report.sentence
    # For a sentence without rules, `why` already has the silences.
    silences = [
        joined(": ", (silence, value or _NOT_SEEN))
        for silence, value in report.observed_values
        if sentence.rules
    ]
    left_open = [phrase("left open: {silences}", silences=joined(", ", silences))] if silences else []
    return ReportSentence(
        sentence.text,
        sentence.gist,
        report.status.text,
        _SENTENCE_OUTCOMES.get(report.status),
        sentence.rules,
        (*report.why, *left_open),
    )


def _case(rule: RuleReport, comparison: Comparison | None) -> Case:
    change = None if comparison is None else comparison.change_of(rule.id)
    return Case(
        name=rule.id,
        outcome=_outcome(rule, change),
        title=rule.rule.sentence.bilingual,
        findings=tuple(_finding(rule, flaw) for flaw in rule.flaws),
        notes=tuple(_notes(rule, change)),
    )


def _outcome(rule: RuleReport, change: RuleChange | None) -> Outcome:
    is_known = change is not None and change.kind is RuleChangeKind.STILL_BROKEN
    return Outcome.SKIP if is_known else _OUTCOMES[rule.status]


def _notes(rule: RuleReport, change: RuleChange | None) -> Iterator[str]:
    if _outcome(rule, change) is Outcome.FAIL:
        yield mending_hint(rule.id)
    if rule.status is RuleStatus.UNTESTED:
        yield phrase("Untested: {why}", why=rule.why)
    if change is not None:
        yield rule_change_text(change)


def _finding(rule: RuleReport, flaw: RuleFlaw) -> ReportFinding:
    evidence_of_flaw = [evidence for evidence in rule.evidence if evidence.number in flaw.exchanges]
    lines = tuple(line for evidence in evidence_of_flaw for line in evidence_lines(evidence))
    commands = tuple(
        ReportCommand(evidence.number, evidence.curl, answer_text(evidence)) for evidence in evidence_of_flaw
    )
    return ReportFinding(rule.id, flaw.message, lines, commands=commands)
