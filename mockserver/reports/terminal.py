"""Writes a report for a terminal, with the outcomes in colour."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from rich.text import Text

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome
from workerkit.mockserver.reports.table_text import table_text
from workerkit.mockserver.reports.text import case_line, causes_text, one_line

_INDENT, _MIN_WIDTH = 2, 40
_STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.SKIP: "yellow"}


def styled_case_line(case: Case) -> Text:
    """Returns a case in one line."""
    text = Text(case_line(case))
    text.stylize(_STYLES[case.outcome], 0, len(case.outcome))
    return text


def styled_causes(report: CommandReport, width: int | None = None) -> Text:
    """Returns the causes as text. Empty for a report without causes.

    width: longer lines are wrapped, and their further lines are indented. None: no line is wrapped.
    """
    lines = causes_text(report).splitlines()
    styles = ["bold", *(_STYLES[Outcome.FAIL] if not before else "" for before in lines)]
    wrapped = lines if width is None else [_wrapped(line, width) for line in lines]
    return Text("\n").join(Text(line, style) for line, style in zip(wrapped, styles, strict=False))


def styled_tables(report: CommandReport) -> Iterator[Text]:
    """Returns each table as text. Words that say that something failed have a colour."""
    for table in report.tables:
        text = Text(table_text(table))
        text.stylize("bold", 0, text.plain.index("\n"))
        text.highlight_regex(r"(?<=  )FAIL \d+/\d+", _STYLES[Outcome.FAIL])
        yield text


def styled_summary(report: CommandReport) -> Text:
    """Returns the summary, which is the last line of the output."""
    return Text(one_line(report.summary), _STYLES[report.outcome])


def _wrapped(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + _INDENT)
    return fill(line, max(width, _MIN_WIDTH), subsequent_indent=indent, break_on_hyphens=False)
