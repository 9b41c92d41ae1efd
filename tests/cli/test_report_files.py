"""The report files of commands."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from workerkit.cli.report_files import ReportFiles
from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome

REPORT = CommandReport("a command", "all is well", 1.0, (Case("a-case", Outcome.PASS),))


@pytest.fixture(autouse=True)
def _no_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def test_without_files_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ReportFiles().write(REPORT, {"a": 1})
    assert (list(project.iterdir()), capsys.readouterr().out) == ([], "")


def test_each_file_has_its_form(project: Path) -> None:
    ReportFiles("a.json", "a.xml", "a.html").write(REPORT, {"a": "\xfc"})
    assert (project / "a.json").read_text("utf-8") == '{"a":"\xfc"}'
    assert (project / "a.xml").read_text("utf-8").startswith("<?xml ")
    assert (project / "a.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("files", "begins"),
    [
        (ReportFiles(json_file="-"), '{"a":1}\n'),
        (ReportFiles(junit_file="-"), "<?xml "),
        (ReportFiles(html_file="-"), "<!doctype "),
    ],
)
def test_a_hyphen_is_standard_output(
    project: Path, capsys: pytest.CaptureFixture[str], files: ReportFiles, begins: str
) -> None:
    assert files.use_standard_output
    files.write(REPORT, {"a": 1})
    assert list(project.iterdir()) == []
    assert capsys.readouterr().out.startswith(begins)


def test_standard_output_is_for_one() -> None:
    with pytest.raises(click.UsageError, match="only one of"):
        ReportFiles("-", "-")


def test_a_file_that_could_not_be_written_is_named_at_once(project: Path) -> None:
    with pytest.raises(
        CannotWriteError, match=r"--junit missing/report\.xml cannot be written: No such file"
    ):
        ReportFiles("a.json", "missing/report.xml")
    assert list(project.iterdir()) == []
