"""Tests the report as plain text."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportCause, ReportFinding
from workerkit.mockserver.reports.text import case_line, causes_text, worker_output_lines


def report_with(*causes: ReportCause) -> CommandReport:
    cases = (Case("day", Outcome.FAIL, "A day"), Case("night", Outcome.FAIL))
    return CommandReport(
        "workerkit exec",
        "fail",
        1.0,
        cases,
        causes=causes,
        causes_heading="Fix first: 1 cause.",
    )


def cause(*lines: str, more: int = 0, **fields: Any) -> ReportCause:
    finding = ReportFinding("pause-on-401", "It went on.", lines, more)
    return ReportCause(finding, "in 2 scenarios", ("day", "night"), "day", **fields)


def test_a_passed_case_is_one_line() -> None:
    case = Case("day", Outcome.PASS, "A day", 1.23, 30, output="much\nto\nread", notes=("a note",))
    assert case_line(case) == "PASS  day  (1.2 s, 30 requests)"


def test_a_failed_case_is_one_line_with_the_broken_rules_that_follow_from_no_other() -> None:
    follower = ReportFinding("tasks-ended", "3 of 4 tasks were left.")
    findings = (
        ReportFinding("process-not-crashed", "It crashed.", followers=(follower,)),
        ReportFinding("heartbeat-sent", "No\nheartbeat."),
    )
    case = Case("day", Outcome.FAIL, seconds=1.23, requests=30, findings=findings, output="much")
    assert case_line(case) == "FAIL  day  (1.2 s, 30 requests): process-not-crashed, heartbeat-sent"


def test_a_remark_stands_in_the_line_of_its_case() -> None:
    case = Case("day", Outcome.PASS, remark="no occasion for pause-on-401")
    assert case_line(case) == "PASS  day: no occasion for pause-on-401"


def test_a_cause_has_its_evidence_and_the_cases_that_fail() -> None:
    text = causes_text(report_with(cause("#2 a", "#30 b", followers=("tasks-ended (in 1 scenario)",))))
    assert text.splitlines() == [
        "Fix first: 1 cause.",
        "",
        "1. pause-on-401 (in 2 scenarios)",
        "   It went on.",
        "   In day (A day):",
        "     #2 a",
        "     #30 b",
        "   From this follows: tasks-ended (in 1 scenario).",
        "   Cases: day, night",
    ]


def test_a_report_without_causes_has_no_text_about_them() -> None:
    assert causes_text(CommandReport("workerkit exec", "pass", 1.0, ())) == ""


def test_a_cause_without_evidence_names_no_case_for_it() -> None:
    text = causes_text(report_with(cause()))
    assert "In day" not in text
    assert "printed" not in text
    assert text.endswith("\n   It went on.\n   Cases: day, night")


def test_only_the_first_exchanges_are_shown_and_the_others_counted() -> None:
    text = causes_text(report_with(cause(*(f"#{number}" for number in range(1, 21)), more=3)))
    shown = [line for line in text.splitlines() if "#" in line]
    assert shown == [f"     #{number}" for number in range(1, 6)]
    assert "     and 18 more\n" in text


def test_a_cause_shows_the_last_lines_of_the_output() -> None:
    output = "\n".join(f"printed {number}" for number in range(1, 51))
    lines = causes_text(report_with(cause(output=output))).splitlines()
    shown = [line for line in lines if line.startswith("         printed ")]
    assert shown == [f"         printed {number}" for number in range(41, 51)]


def test_the_last_lines_of_an_output_are_shown() -> None:
    lines = list(worker_output_lines("\n".join(map(str, range(50)))))
    assert lines == ["Last lines of the worker's output:", *(f"    {number}" for number in range(30, 50))]


def test_an_empty_output_is_reported() -> None:
    assert "     The worker printed nothing." in causes_text(report_with(cause(output=""))).splitlines()


def test_the_text_has_no_control_characters_except_line_ends(hostile_report: CommandReport) -> None:
    for case in hostile_report.cases:
        assert case_line(case).isprintable() or "\ufffd" in case_line(case)
        assert all(character >= " " for character in case_line(case))
    text = causes_text(hostile_report)
    assert "evil.example" in text
    assert all(character == "\n" or character >= " " for character in text)
