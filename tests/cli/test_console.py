"""The console that commands print to."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from workerkit.cli.console import console, shows_progress


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
