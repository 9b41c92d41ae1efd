"""Annotations of a run of GitHub Actions."""

from __future__ import annotations

import pytest

from tests.mockserver.reports.conftest import HOSTILE
from workerkit.mockserver.reports.github.annotations import annotation_lines
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding

GITHUB = {"GITHUB_ACTIONS": "true"}


def report_with(*findings: ReportFinding) -> CommandReport:
    cases = [
        Case(f"case-{number}", Outcome.FAIL, findings=(finding,)) for number, finding in enumerate(findings)
    ]
    return CommandReport("t", "s", 1.0, tuple(cases))


def test_each_broken_rule_is_one_line_with_its_first_case() -> None:
    findings = [ReportFinding(rule, f"{rule} is broken, 50%") for rule in ("one", "two", "one")]
    assert annotation_lines(report_with(*findings), GITHUB) == [
        "::error title=workerkit%3A one::case-0: one is broken, 50%25",
        "::error title=workerkit%3A two::case-1: two is broken, 50%25",
    ]


def test_no_message_begins_a_line_of_its_own() -> None:
    (line,) = annotation_lines(report_with(ReportFinding("one", HOSTILE + "\n::warning::x")), GITHUB)
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}])
def test_outside_of_github_actions_there_are_none(environment: dict[str, str]) -> None:
    assert annotation_lines(report_with(ReportFinding("one", "broken")), environment) == []
