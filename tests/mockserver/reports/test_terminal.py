"""Tests the report for a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.terminal import cases_table, styled_case_text, styled_summary
from workerkit.mockserver.reports.text import case_text
from workerkit.openapi.formats.visible_text import visible_text

LONG_CASE = Case(
    "day", Outcome.FAIL, findings=(ReportFinding("a-rule", "Word " * 40, ("#1 at 0.000 s: " + "x" * 100,)),)
)


def test_without_a_width_no_line_is_wrapped() -> None:
    assert styled_case_text(LONG_CASE).plain == case_text(LONG_CASE)


def test_long_lines_are_wrapped_and_indented() -> None:
    lines = styled_case_text(LONG_CASE, 60).plain.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("  a-rule: Word")
    assert lines[2].startswith("    Word")
    assert "".join("".join(lines).split()) == "".join(case_text(LONG_CASE).split())


def test_the_outcomes_have_colours(report: CommandReport) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=120)
    for case in report.cases:
        console.print(styled_case_text(case), cases_table(report), styled_summary(report))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[32mPASS\x1b[0m" in printed
    assert "\x1b[1;31mFAIL\x1b[0m" in printed


def test_a_hostile_name_stays_text_in_the_table(hostile_report: CommandReport) -> None:
    console = Console(file=io.StringIO(), width=400)
    console.print(cases_table(hostile_report), styled_summary(hostile_report))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[x](javascript:y)" in printed
    assert "\x1b" not in printed
    assert visible_text(printed) == printed
