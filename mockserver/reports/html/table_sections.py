"""The tables of the HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.report import CommandReport, ReportTable, TableCell


def table_sections(report: CommandReport) -> Iterator[Element]:
    """Returns a heading, a table and a note for each table of the report."""
    for number, table in enumerate(report.tables, 1):
        yield element("h2", table.title, id=table_anchor(number))
        yield element("div", _table(table), class_="wide", tabindex=0)
        yield element("p", table.note, class_="soft") if table.note else element("p")


def table_anchor(number: int) -> str:
    """Returns the HTML id of a table. The first table has the number 1."""
    return f"table-{number}"


def _table(table: ReportTable) -> Element:
    head = element("tr", *(element("th", text, scope="col") for text in table.heads))
    rows = (_row(row) for row in table.rows)
    return element("table", element("thead", head), element("tbody", *rows), class_="grid")


def _row(cells: tuple[TableCell, ...]) -> Element:
    first, *others = cells
    return element("tr", element("th", first.text, scope="row"), *map(_cell, others))


def _cell(cell: TableCell) -> Element:
    css_class = None if cell.outcome is None else str(cell.outcome)
    return element("td", element("span", cell.text, class_=css_class, title=cell.details or None))
