"""Writes a report for a terminal: as text and as a table, with the outcomes in colour."""

from __future__ import annotations

from textwrap import fill

from rich.table import Table
from rich.text import Text

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome
from workerkit.mockserver.reports.text import case_text
from workerkit.openapi.formats.visible_text import visible_line

_INDENT, _MIN_WIDTH = 2, 40
_STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.SKIP: "yellow"}


def styled_case_text(case: Case, width: int | None = None) -> Text:
    """Returns a case as text.

    width: longer lines are wrapped, and their further lines are indented. None: no line is wrapped.
    """
    lines = case_text(case).splitlines()
    text = Text("\n".join(lines if width is None else [_wrapped(line, width) for line in lines]))
    text.stylize(_STYLES[case.outcome], 0, len(case.outcome))
    return text


def styled_summary(report: CommandReport) -> Text:
    """Returns the summary, which is the last line of the output."""
    return Text(_one_line(report.summary), _STYLES[report.outcome])


def cases_table(report: CommandReport) -> Table:
    """Returns a table with one row for each case: verdict, name, seconds, requests, broken rules."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("verdict", "case"):
        table.add_column(head, no_wrap=True)
    for head in ("seconds", "requests"):
        table.add_column(head, justify="right")
    table.add_column("broken rules")
    for case in report.cases:
        table.add_row(*_row(case))
    return table


def _wrapped(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + _INDENT)
    return fill(line, max(width, _MIN_WIDTH), subsequent_indent=indent, break_on_hyphens=False)


def _row(case: Case) -> list[Text]:
    cells = (case.name, *case.count_columns, case.broken_rules)
    return [Text(case.outcome.upper(), _STYLES[case.outcome]), *(Text(_one_line(cell)) for cell in cells)]


def _one_line(text: str) -> str:
    return visible_line(" ".join(text.split()))
