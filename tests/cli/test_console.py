"""The console that commands print to."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from workerkit.cli import echo as echo_module
from workerkit.cli.console import console, shows_progress
from workerkit.cli.echo import echo
from workerkit.openapi.formats.visible_text import visible_text


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    console.cache_clear()


def test_messages_go_to_standard_error_when_standard_output_is_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console(stderr=True).print("to people")
    assert capsys.readouterr() == ("", "to people\n")


@pytest.mark.parametrize(
    ("is_terminal", "variable", "is_shown"),
    [(True, None, True), (False, None, False), (True, "CI", False), (True, "NO_COLOR", False)],
)
def test_progress_is_shown_only_to_a_person_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, *, is_terminal: bool, is_shown: bool
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    assert shows_progress(Console(file=io.StringIO(), force_terminal=is_terminal)) is is_shown


# Files that print only texts of workerkit itself, or reports, which their writers have made harmless.
OWN_TEXTS = {"completion.py", "echo.py", "main.py", "report_files.py", "spec.py", "schema.py"}


def test_commands_print_only_through_a_console_or_echo() -> None:
    files = [path for path in Path(echo_module.__file__).parent.rglob("*.py") if path.name not in OWN_TEXTS]
    assert len(files) > 20
    for path in files:
        assert not re.search(r"click\.s?echo\(|(?<![.\w])(?<!def )print\(", path.read_text()), path


@pytest.mark.parametrize("text", ["\x1b[2Jx", "\u202ex", "::error::x", "[bold]x[/bold]"])
def test_a_text_does_not_act(capsys: pytest.CaptureFixture[str], text: str) -> None:
    console().print(text)
    echo(text)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [visible_text(text)] * 2
