"""A report as a terminal shows it: in words and a table, the verdicts in colour."""

from __future__ import annotations

from textwrap import fill

from rich.table import Table
from rich.text import Text

from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome
from workerkit.mockserver.reports.text import in_words

_INDENT, _NARROWEST = 2, 40
_STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.SKIP: "yellow"}


def words_of(case: Case, width: int | None = None) -> Text:
    """One case in words; lines longer than a terminal of this width are broken and stay indented."""
    lines = in_words(case).splitlines()
    text = Text("\n".join(lines if width is None else [_broken(line, width) for line in lines]))
    text.stylize(_STYLES[case.outcome], 0, len(case.outcome))
    return text


def summary_of(report: CommandReport) -> Text:
    """The last line."""
    return Text(_in_a_line(report.summary), _STYLES[report.outcome])


def table_of(report: CommandReport) -> Table:
    """A row for each case: verdict, name, seconds, requests, and the rules that it broke."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("verdict", "case"):
        table.add_column(head, no_wrap=True)
    for head in ("seconds", "requests"):
        table.add_column(head, justify="right")
    table.add_column("broken rules")
    for case in report.cases:
        table.add_row(*_row(case))
    return table


def _broken(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + _INDENT)
    return fill(line, max(width, _NARROWEST), subsequent_indent=indent, break_on_hyphens=False)


def _row(case: Case) -> list[Text]:
    plain = (case.name, *case.measures, case.broken)
    return [Text(case.outcome.upper(), _STYLES[case.outcome]), *(Text(_in_a_line(each)) for each in plain)]


def _in_a_line(text: str) -> str:
    return " ".join(legal(text).split())
