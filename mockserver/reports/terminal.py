"""A report as a terminal shows it: in words and a table, the verdicts in colour."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from workerkit.mockserver.reports.report import Case, Outcome, Report
from workerkit.mockserver.reports.words import in_words

_STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.SKIP: "yellow"}


def words_of(case: Case) -> Text:
    """One case in words."""
    text = Text(in_words(case))
    text.stylize(_STYLES[case.outcome], 0, len(case.outcome))
    return text


def summary_of(report: Report) -> Text:
    """The last line."""
    return Text(report.summary, _STYLES[report.outcome])


def table_of(report: Report) -> Table:
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


def _row(case: Case) -> list[Text]:
    rules = ", ".join(dict.fromkeys(finding.rule for finding in case.findings))
    requests = "" if case.requests is None else str(case.requests)
    plain = (case.name, f"{case.seconds:.1f}", requests, rules)
    return [Text(case.outcome.upper(), _STYLES[case.outcome]), *map(Text, plain)]
