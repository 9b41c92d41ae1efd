"""A report in words."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.text import in_words


def failed(*lines: str, more: int = 0, output: str | None = "") -> Case:
    finding = ReportFinding("pause-on-401", "It went on.", lines, more)
    return Case("day", Outcome.FAIL, seconds=1.23, requests=30, findings=(finding,), output=output)


def lines_of(case: Case, wanted: Callable[[str], bool]) -> list[str]:
    return [line for line in in_words(case).splitlines() if wanted(line)]


def test_a_case_that_passed_is_one_line() -> None:
    case = Case("day", Outcome.PASS, "A day", 1.23, 30, output="much\nto\nread")
    assert in_words(case) == "PASS  day  (1.2 s, 30 requests)"


def test_a_case_that_failed_shows_rule_message_and_exchanges() -> None:
    assert in_words(failed("#2 a", "#30 b")).splitlines()[:4] == [
        "FAIL  day  (1.2 s, 30 requests)",
        "  pause-on-401: It went on.",
        "      #2 a",
        "      #30 b",
    ]


def test_many_exchanges_are_cut_and_counted() -> None:
    case = failed(*(f"#{number}" for number in range(1, 21)), more=3)
    assert lines_of(case, lambda line: "#" in line) == [f"      #{number}" for number in range(1, 6)]
    assert "      and 18 more\n" in in_words(case)


def test_the_end_of_what_the_worker_printed_is_shown() -> None:
    case = failed(output="\n".join(f"printed {number}" for number in range(1, 51)))
    shown = lines_of(case, lambda line: line.startswith("      printed "))
    assert shown == [f"      printed {number}" for number in range(31, 51)]


def test_a_silent_worker_is_said_to_be_silent() -> None:
    assert in_words(failed()).endswith("  The worker printed nothing.")


def test_where_there_is_no_command_nothing_is_said_of_what_it_printed() -> None:
    assert "printed" not in in_words(failed(output=None))


def test_nothing_in_it_moves_the_cursor_of_a_terminal(hostile: CommandReport) -> None:
    for case in hostile.cases:
        assert all(in_word == "\n" or in_word >= " " for in_word in in_words(case))
