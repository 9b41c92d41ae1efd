"""Writes a report as JUnit XML, a format that CI systems read."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, indent, tostring

from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.table_text import table_text
from workerkit.mockserver.reports.text import causes_text, folded_note_text
from workerkit.openapi.languages.catalogue import ENGLISH
from workerkit.openapi.languages.report_language import reports_in

_MAX_LINES = 40
# If the finding is explained by a cause.
_MAX_LINES_OF_CAUSE = 5


def junit_report(report: CommandReport) -> bytes:
    """Returns one JUnit test suite. Each case of the report is one JUnit test case. Jenkins can read it.

    All texts are in English.
    """
    with reports_in(ENGLISH):
        return _suite(report)


def _suite(report: CommandReport) -> bytes:
    skipped = len(report.cases_with(Outcome.SKIP))
    cases = (_case(case, report) for case in report.cases)
    output = element("system-out", notes) if (notes := _notes_text(report)) else None
    suite = element("testsuite", *cases, output, name=report.title, skipped=skipped, **_counts(report))
    root = element("testsuites", suite, name=report.title, **_counts(report))
    indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode").encode()


def _notes_text(report: CommandReport) -> str:
    """The causes, the notes with details, and the tables."""
    parts = [*map(folded_note_text, report.folded_notes), *map(table_text, report.tables)]
    return "\n".join(filter(None, (causes_text(report), *parts)))


def _counts(report: CommandReport) -> dict[str, str | int]:
    failures = len(report.cases_with(Outcome.FAIL))
    return {"tests": len(report.cases), "failures": failures, "errors": 0, "time": f"{report.seconds:.3f}"}


def _case(case: Case, report: CommandReport) -> Element:
    return element(
        "testcase",
        *_results(case),
        *([element("system-out", case.output)] if case.output else []),
        name=case.name,
        classname=report.title.replace(" ", "."),
        time=f"{case.seconds or 0:.3f}",
    )


def _results(case: Case) -> Iterator[Element]:
    if case.outcome is Outcome.SKIP:
        messages = (finding.message for finding in case.findings)
        yield element("skipped", message=" ".join((*case.notes, *messages)))
        return
    for index, finding in enumerate(case.findings):
        text = "\n".join([*_failure_lines(finding), *(() if index else case.notes)])
        yield element("failure", text, message=finding.message, type=finding.rule)


def _failure_lines(finding: ReportFinding) -> Iterator[str]:
    yield f"{finding.rule}: {finding.message}"
    if finding.cause:
        yield f"This is cause {finding.cause} in the output of the test suite."
    yield from finding.first_lines(_MAX_LINES_OF_CAUSE if finding.cause else _MAX_LINES)
    yield from finding.follower_texts
