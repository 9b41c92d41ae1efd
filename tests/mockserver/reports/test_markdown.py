"""Tests the Markdown of a report and the step summary of GitHub Actions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.reports.markdown import add_step_summary, markdown_report
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    Outcome,
    ReportFinding,
    ReportTable,
    TableCell,
)

# A Markdown character that is not escaped with a backslash.
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[`*_\[\]#@~]")


def test_each_case_has_a_row_and_each_failure_has_details(report: CommandReport) -> None:
    text = markdown_report(report)
    assert "| ✅ | good\\-day | 1.2 | 12 |  |\n" in text
    assert "| ❌ | a text | 2.5 | 9 | a text, other\\-rule |\n" in text
    assert text.count("<details>") == text.count("</details>") == 1
    assert "<pre>a text\na text\nand 4 more</pre>" in text


def test_the_causes_stand_first_with_their_evidence(report: CommandReport) -> None:
    text = markdown_report(report)
    causes = text[text.index("### a text") : text.index("| | case |")]
    assert "**1\\. a text** a text\n\na text\n\nIn a text:\n\n<pre>a text\na text\nand 4 more\n" in causes
    assert "From this follows\\: a text\\.\n\nCases\\: a text, an unknown case" in causes
    assert "<p><b>other-rule</b> (cause 1): It went on.</p>" in text
    assert "<p>From this follows a text: a text</p>" in text


def test_a_table_is_a_table(report: CommandReport) -> None:
    cells = (TableCell("logs|x"), TableCell("-"))
    table = ReportTable("What was met", ("asked", "5xx"), (cells,), "A note.")
    text = markdown_report(replace(report, tables=(table,)))
    assert "**What was met**\n\n| asked | 5xx |\n| --- | --- |\n| logs\\|x | \\- |\n\nA note\\.\n" in text


def test_of_many_causes_the_first_are_shown(report: CommandReport) -> None:
    text = markdown_report(replace(report, causes=report.causes * 25))
    assert "**20\\. a text**" in text
    assert "**21\\. " not in text
    assert "and 5 more\n" in text


def test_the_table_shows_descriptions_and_findings_if_no_case_has_counts() -> None:
    cases = (
        Case("list", Outcome.PASS, "Lists tasks"),
        Case("total", Outcome.FAIL, "The total", findings=(ReportFinding("total", "3, not 2. " * 90),)),
        Case("own", Outcome.SKIP, "Own ones", notes=("Untested: needs --other-api-key",)),
    )
    text = markdown_report(CommandReport("workerkit conform", "fail", 1.0, cases, ("It ended early",)))
    assert "\n\nIt ended early\n\n| | case | description | findings |\n" in text
    assert "| ✅ | list | Lists tasks |  |\n" in text
    assert "| ⏭️ | own | Own ones | Untested: needs \\-\\-other\\-api\\-key |\n" in text.replace("\\:", ":")
    (long,) = [line for line in text.splitlines() if line.startswith("| ❌ | total | The total |")]
    assert long.endswith("… |")
    assert len(long) < 300


def test_hostile_texts_are_escaped(hostile_report: CommandReport) -> None:
    text = markdown_report(hostile_report)
    assert set(re.findall(r"</?[a-z]+", text)) == {
        *("<details", "</details", "<summary", "</summary", "<b", "</b", "<p", "</p", "<pre", "</pre")
    }
    assert text.count("</details>") == 1
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 5
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert not [row for row in rows if UNESCAPED.search(row)]
    block = text[text.index("<details>") : text.index("</details>")]
    assert "\n\n" not in block.partition("</summary>\n\n")[2]
    assert "\x1b" not in text
    text.encode()


def test_a_large_report_stays_below_the_limit_of_github(report: CommandReport) -> None:
    large_report = replace(report, cases=(replace(report.cases[1], notes=("x" * 10_000,)),) * 100)
    text = markdown_report(large_report)
    assert len(text.encode()) < 2**19
    assert text.count("<details>") == text.count("</details>") > 10
    assert text.endswith("Further failures are left out here. The other reports contain them.\n")


def test_the_report_is_added_to_the_existing_step_summary(report: CommandReport, tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    add_step_summary(report, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)})
    assert file.read_text("utf-8") == f"before\n{markdown_report(report)}\n"


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": "true"}])
def test_outside_of_github_actions_no_summary_is_written(
    report: CommandReport, tmp_path: Path, environment: dict[str, str]
) -> None:
    summary_file = (
        {} if environment.get("GITHUB_ACTIONS") == "true" else {"GITHUB_STEP_SUMMARY": str(tmp_path / "a")}
    )
    add_step_summary(report, {**environment, **summary_file})
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_variable_and_the_reason(report: CommandReport, tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"GITHUB_STEP_SUMMARY=.*: Is a directory"):
        add_step_summary(report, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)})
