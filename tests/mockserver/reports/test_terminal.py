"""Tests the report for a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from workerkit.mockserver.reports.report import CommandReport, ReportCause, ReportFinding
from workerkit.mockserver.reports.terminal import styled_case_line, styled_causes, styled_summary
from workerkit.mockserver.reports.text import causes_text
from workerkit.openapi.formats.visible_text import visible_text

LONG_CAUSE = ReportCause(
    ReportFinding("a-rule", "Word " * 40, ("#1 at 0.000 s: " + "x" * 100,)), "in 1 scenario", ("day",), "day"
)
LONG_REPORT = CommandReport(
    "workerkit exec", "fail", 1.0, (), causes=(LONG_CAUSE,), causes_heading="Fix first: 1 cause."
)


def test_without_a_width_no_line_is_wrapped() -> None:
    assert styled_causes(LONG_REPORT).plain == causes_text(LONG_REPORT)


def test_long_lines_are_wrapped_and_indented() -> None:
    lines = styled_causes(LONG_REPORT, 60).plain.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[3].startswith("   Word")
    assert lines[4].startswith("     Word")
    assert "".join("".join(lines).split()) == "".join(causes_text(LONG_REPORT).split())


def test_the_outcomes_and_the_causes_have_colours(report: CommandReport) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=120)
    for case in report.cases:
        console.print(styled_case_line(case), styled_causes(report), styled_summary(report))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[32mPASS\x1b[0m" in printed
    assert "\x1b[1;31mFAIL\x1b[0m" in printed
    assert "\x1b[1;31m1. a text (a text)\x1b[0m" in printed


def test_hostile_texts_stay_text(hostile_report: CommandReport) -> None:
    console = Console(file=io.StringIO(), width=400)
    for case in hostile_report.cases:
        console.print(styled_case_line(case))
    console.print(styled_causes(hostile_report), styled_summary(hostile_report))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[x](javascript:y)" in printed
    assert "\x1b" not in printed
    assert visible_text(printed) == printed
