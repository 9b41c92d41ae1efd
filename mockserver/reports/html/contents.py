"""The table of contents of the HTML page: its parts, and all cases."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.html.api_page_sections import API_PAGE_ANCHOR
from workerkit.mockserver.reports.html.case_links import case_anchor
from workerkit.mockserver.reports.html.case_sections import CASES_ANCHOR, outcome_text
from workerkit.mockserver.reports.html.cause_sections import cause_anchor
from workerkit.mockserver.reports.html.table_sections import table_anchor
from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.report import CommandReport
from workerkit.openapi.languages.phrase import phrase


def contents(report: CommandReport) -> Element:
    """Returns the contents. The script puts the filters of the cases into its empty element."""
    links = (element("li", element("a", text, href=f"#{anchor}")) for text, anchor in _parts(report))
    cases = (
        element(
            "li",
            outcome_text(case.outcome),
            " ",
            element("a", case.name, href=f"#{case_anchor(index)}"),
            data_case=index,
        )
        for index, case in enumerate(report.cases)
    )
    return element(
        "nav",
        element(
            "details",
            element("summary", phrase("Contents")),
            element("ul", *links),
            element("div", class_="filters"),
            element("ul", *cases, class_="case-links"),
        ),
        aria_label=phrase("Contents"),
    )


def _parts(report: CommandReport) -> Iterator[tuple[str, str]]:
    """Returns the text and the anchor of each link."""
    for number, cause in enumerate(report.causes, 1):
        yield f"{number}. {cause.finding.rule}", cause_anchor(number)
    for number, table in enumerate(report.tables, 1):
        yield table.title, table_anchor(number)
    if report.sections:
        yield phrase("The API page, sentence by sentence"), API_PAGE_ANCHOR
    yield phrase("All {count} cases", count=len(report.cases)), CASES_ANCHOR
