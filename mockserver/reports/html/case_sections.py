"""The part of the HTML page that shows the cases: a table of all, and each case in detail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.html.case_links import case_anchor, exchange_lines, finding_anchor
from workerkit.mockserver.reports.html.cause_sections import cause_anchor
from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportCommand, ReportFinding
from workerkit.openapi.languages.phrase import phrase

CASES_ANCHOR = "cases"
# A finding that a cause explains has fewer lines: the run of the case has all of them.
_MAX_LINES, _MAX_EXPLAINED_LINES = 40, 12
# The most characters of all outputs together. Each output has at least the minimum.
_MAX_OUTPUTS, _MIN_OUTPUT = 128_000, 2_000
# Heading and CSS class of each column.
_Columns = tuple[tuple[str, str | None], ...]
_VERDICT_AND_CASE: _Columns = ((phrase("verdict"), None), (phrase("case"), None))
_COUNTS_COLUMNS: _Columns = (
    *_VERDICT_AND_CASE,
    (phrase("seconds"), "number"),
    (phrase("requests"), "number"),
    (phrase("broken rules"), None),
)
_TEXTS_COLUMNS: _Columns = (*_VERDICT_AND_CASE, (phrase("description"), None), (phrase("findings"), None))


def cases_table(report: CommandReport) -> Element:
    """Returns the table. Each row links to its case."""
    columns, cells = (_COUNTS_COLUMNS, _count_cells) if report.has_counts else (_TEXTS_COLUMNS, _text_cells)
    head = element("tr", *(element("th", name, scope="col", class_=kind) for name, kind in columns))
    rows = (_row(index, case, cells(case)) for index, case in enumerate(report.cases))
    return element("table", element("thead", head), element("tbody", *rows), class_="cases")


def case_sections(report: CommandReport) -> Iterator[Element]:
    """Returns each case in detail, without its exchanges: the script adds them.

    A failed case is open if it is the only one, or if its findings are not explained by the causes.
    """
    is_only = len(report.cases_with(Outcome.FAIL)) == 1
    max_output = max(_MIN_OUTPUT, _MAX_OUTPUTS // max(1, sum(bool(case.output) for case in report.cases)))
    for index, case in enumerate(report.cases):
        is_open = case.outcome is Outcome.FAIL and (is_only or not case.is_explained)
        yield _case(index, case, max_output, is_open=is_open)


def outcome_text(outcome: Outcome) -> Element:
    """Returns the outcome in its colour."""
    return element("span", outcome.upper(), class_=str(outcome))


def _row(index: int, case: Case, cells: Iterable[Element]) -> Element:
    name = element("a", case.name, href=f"#{case_anchor(index)}")
    verdict = element("td", outcome_text(case.outcome))
    return element("tr", verdict, element("td", name), *cells, data_case=index)


def _count_cells(case: Case) -> Iterator[Element]:
    yield from (element("td", text, class_="number") for text in case.count_columns)
    yield element("td", case.broken_rules, class_="rules")


def _text_cells(case: Case) -> Iterator[Element]:
    yield element("td", case.title)
    yield element("td", case.findings_text, class_="rules")


def _case(index: int, case: Case, max_output: int, *, is_open: bool) -> Element:
    title = element("span", case.title, class_="title") if case.title else None
    summary = element("summary", outcome_text(case.outcome), " ", element("h2", case.name), title)
    # A link opens a closed `details` element only if its target is an element inside.
    counts = element("p", case.counts_text, class_="soft", id=case_anchor(index))
    parts = _parts(index, case, max_output)
    return element("details", summary, counts, *parts, class_="case", open="open" if is_open else None)


def _parts(index: int, case: Case, max_output: int) -> Iterator[Element]:
    for number, finding in enumerate(case.findings):
        yield _finding(index, number, finding, has_run=case.timeline is not None)
    yield from (element("p", note) for note in case.notes)
    if case.timeline is not None and case.timeline.rows:
        yield element("div", class_="run", data_run=index)
    if case.output is not None:
        yield from _output(case.output, max_output)


def _output(output: str, max_output: int) -> Iterator[Element]:
    if not output:
        yield element("p", phrase("The worker printed nothing."))
        return
    left_out = max(0, len(output) - max_output)
    yield element("h3", phrase("Output of the worker"))
    if left_out:
        text = phrase(
            "The first {left_out} characters are left out: run this case alone to see them.",
            left_out=left_out,
        )
        yield element("p", text, class_="soft")
    yield element("pre", output[left_out:], tabindex=0)


def _finding(case: int, number: int, finding: ReportFinding, *, has_run: bool) -> Element:
    anchor = finding_anchor(case, number)
    rule = element("h3", element("a", finding.rule, href=f"#{anchor}"), *_cause_link(finding))
    followers = (element("p", text) for text in finding.follower_texts)
    message = element("p", finding.message)
    exchanges = _exchanges(finding, case_anchor(case) if has_run else None)
    return element("section", rule, message, *exchanges, *followers, class_="finding", id=anchor)


def _cause_link(finding: ReportFinding) -> Iterator[Child]:
    if finding.cause:
        yield " ("
        yield element(
            "a", phrase("cause {number}", number=finding.cause), href=f"#{cause_anchor(finding.cause)}"
        )
        yield ")"


def _exchanges(finding: ReportFinding, anchor: str | None) -> Iterator[Element]:
    lines = finding.first_lines(_MAX_EXPLAINED_LINES if finding.cause else _MAX_LINES)
    if finding.commands:
        yield from map(_command, finding.commands)
    elif lines:
        yield element("pre", *exchange_lines(lines, anchor), tabindex=0)


def _command(command: ReportCommand) -> Element:
    return element(
        "div",
        element("p", f"#{command.number}"),
        element("pre", command.command, tabindex=0),
        element("p", command.answer),
        class_="command",
    )
