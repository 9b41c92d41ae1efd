"""Where commands speak, and the files that they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.cli.console import write_report
from workerkit.mockserver.whole_file import CannotWrite


def test_without_a_file_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_report(None, {"a": 1})
    assert (list(project.iterdir()), capsys.readouterr().out) == ([], "")


def test_a_hyphen_is_standard_output(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_report("-", {"a": "\xfc"})
    assert (list(project.iterdir()), capsys.readouterr().out) == ([], '{"a":"\xfc"}\n')


def test_a_file_has_the_report(project: Path) -> None:
    write_report("report.json", {"a": "\xfc"})
    assert (project / "report.json").read_text("utf-8") == '{"a":"\xfc"}'


def test_a_file_that_cannot_be_written_is_named(project: Path) -> None:
    with pytest.raises(CannotWrite, match="missing/report"):
        write_report("missing/report.json", {})
