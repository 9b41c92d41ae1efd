"""The part of the HTML page that shows the causes: what to fix first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.html.case_links import case_anchors, case_links, exchange_lines
from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.report import CommandReport, ReportCause
from workerkit.mockserver.reports.text import cause_output_lines
from workerkit.openapi.languages.phrase import joined, phrase

_MAX_LINES = 12
CAUSES_ANCHOR = "causes"
# More cases than this are shown after a click.
_MAX_OPEN_CASES = 6


def cause_sections(report: CommandReport) -> Iterator[Element]:
    """Returns a heading and a section for each cause. Returns nothing for a report without causes."""
    if not report.causes:
        return
    anchors = case_anchors(report)
    yield element("h2", report.causes_heading, id=CAUSES_ANCHOR)
    for number, cause in enumerate(report.causes, 1):
        yield _section(number, cause, anchors)


def cause_anchor(number: int) -> str:
    """Returns the HTML id of a cause. The first cause has the number 1."""
    return f"cause-{number}"


def _section(number: int, cause: ReportCause, anchors: Mapping[str, str]) -> Element:
    extent = element("span", " ", cause.extent, class_="soft") if cause.extent else None
    return element(
        "section",
        element(
            "h3", f"{number}. ", element("a", cause.finding.rule, href=f"#{cause_anchor(number)}"), extent
        ),
        element("p", cause.finding.message),
        *_evidence(cause, anchors),
        element("p", cause.follows_text) if cause.follows_text else None,
        _cases(cause, anchors),
        class_="finding cause",
        id=cause_anchor(number),
    )


def _evidence(cause: ReportCause, anchors: Mapping[str, str]) -> Iterator[Element]:
    lines = cause.finding.first_lines(_MAX_LINES)
    output = cause_output_lines(cause)
    if lines or cause.notes or output:
        yield element("p", phrase("In "), *case_links([cause.shown_case], anchors), ":")
    if lines:
        yield element("pre", *exchange_lines(lines, anchors.get(cause.shown_case)), tabindex=0)
    yield from (element("p", note) for note in cause.notes)
    if output:
        yield element("pre", joined("\n", output), tabindex=0)


def _cases(cause: ReportCause, anchors: Mapping[str, str]) -> Element:
    links = case_links(cause.cases, anchors)
    if len(cause.cases) <= _MAX_OPEN_CASES:
        return element("p", phrase("Cases: "), *links)
    summary = element("summary", phrase("Cases: "), str(len(cause.cases)))
    return element("details", summary, element("p", *links))
