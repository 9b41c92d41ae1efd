"""Tests the report as plain text."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.text import case_text


def failed_case(*lines: str, more: int = 0, output: str | None = "") -> Case:
    finding = ReportFinding("pause-on-401", "It went on.", lines, more)
    return Case("day", Outcome.FAIL, seconds=1.23, requests=30, findings=(finding,), output=output)


def matching_lines(case: Case, matches: Callable[[str], bool]) -> list[str]:
    return [line for line in case_text(case).splitlines() if matches(line)]


def test_a_passed_case_is_one_line() -> None:
    case = Case("day", Outcome.PASS, "A day", 1.23, 30, output="much\nto\nread")
    assert case_text(case) == "PASS  day  (1.2 s, 30 requests)"


def test_a_failed_case_shows_rule_message_and_exchanges() -> None:
    assert case_text(failed_case("#2 a", "#30 b")).splitlines()[:4] == [
        "FAIL  day  (1.2 s, 30 requests)",
        "  pause-on-401: It went on.",
        "      #2 a",
        "      #30 b",
    ]


def test_only_the_first_exchanges_are_shown_and_the_others_counted() -> None:
    case = failed_case(*(f"#{number}" for number in range(1, 21)), more=3)
    assert matching_lines(case, lambda line: "#" in line) == [f"      #{number}" for number in range(1, 6)]
    assert "      and 18 more\n" in case_text(case)


def test_the_last_lines_of_the_output_are_shown() -> None:
    case = failed_case(output="\n".join(f"printed {number}" for number in range(1, 51)))
    lines = matching_lines(case, lambda line: line.startswith("      printed "))
    assert lines == [f"      printed {number}" for number in range(31, 51)]


def test_an_empty_output_is_reported() -> None:
    assert case_text(failed_case()).endswith("  The worker printed nothing.")


def test_without_a_command_no_output_is_mentioned() -> None:
    assert "printed" not in case_text(failed_case(output=None))


def test_the_text_has_no_control_characters_except_line_ends(hostile_report: CommandReport) -> None:
    for case in hostile_report.cases:
        assert all(character == "\n" or character >= " " for character in case_text(case))
