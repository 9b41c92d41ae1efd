"""A conformance report in the form that all commands share, from which files are written."""

from __future__ import annotations

from workerkit.contracts.report import Report
from workerkit.contracts.rule_report import Flaw, RuleReport
from workerkit.contracts.rules import Status
from workerkit.contracts.telling import evidence_lines, remarks, verdict_of
from workerkit.mockserver.reports.report import Case, Finding, Outcome
from workerkit.mockserver.reports.report import Report as SharedReport

_OUTCOMES = {Status.KEPT: Outcome.PASS, Status.BROKEN: Outcome.FAIL, Status.UNTESTED: Outcome.SKIP}


def as_cases(report: Report) -> SharedReport:
    """The report with a case for each rule: its title is the page's sentence, an untested one is skipped."""
    return SharedReport(
        title="workerkit conform",
        summary=verdict_of(report),
        seconds=report.seconds,
        cases=tuple(map(_case, report.rules)),
        notes=(f"Target: {report.target}", *remarks(report)),
    )


def _case(rule: RuleReport) -> Case:
    return Case(
        name=rule.id,
        outcome=_OUTCOMES[rule.status],
        title=rule.source,
        findings=tuple(_finding(rule, each) for each in rule.flaws),
        notes=(f"Untested: {rule.why}",) if rule.status is Status.UNTESTED else (),
    )


def _finding(rule: RuleReport, flaw: Flaw) -> Finding:
    shown = [each for each in rule.evidence if each.number in flaw.exchanges]
    return Finding(rule.id, flaw.message, tuple(line for each in shown for line in evidence_lines(each)))
