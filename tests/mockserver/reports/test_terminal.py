"""A report as a terminal shows it."""

from __future__ import annotations

import io

from rich.console import Console

from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.terminal import summary_of, table_of, words_of
from workerkit.mockserver.reports.text import in_words

LONG = Case(
    "day", Outcome.FAIL, findings=(ReportFinding("a-rule", "Word " * 40, ("#1 at 0.000 s: " + "x" * 100,)),)
)


def test_without_a_width_it_is_the_words() -> None:
    assert words_of(LONG).plain == in_words(LONG)


def test_lines_longer_than_the_terminal_are_broken_and_stay_indented() -> None:
    lines = words_of(LONG, 60).plain.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("  a-rule: Word")
    assert lines[2].startswith("    Word")
    assert "".join("".join(lines).split()) == "".join(in_words(LONG).split())


def test_the_verdicts_have_colours(report: CommandReport) -> None:
    out = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=120)
    for case in report.cases:
        out.print(words_of(case), table_of(report), summary_of(report))
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[32mPASS\x1b[0m" in printed
    assert "\x1b[1;31mFAIL\x1b[0m" in printed


def test_a_hostile_name_is_text_in_the_table(hostile: CommandReport) -> None:
    out = Console(file=io.StringIO(), width=400)
    out.print(table_of(hostile), summary_of(hostile))
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert "[x](javascript:y)" in printed
    assert "\x1b" not in printed
    assert legal(printed) == printed
