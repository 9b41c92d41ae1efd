"""`workerkit serve` with wrong options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.cli.options.option_types import token_from

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "--control-token"),
        (["--scenario", "key-revokd"], 'did you mean "key-revoked"?'),
        (["--scenario", "port-closed"], "the scenario port-closed: the fault down closes the port"),
        (["--scenario", "two-at-once"], "two-at-once has the effect start-worker, and no worker runs here"),
        (["--scenario", "missing.yaml"], "missing.yaml: No such file"),
        (["--port", "65536"], "65536"),
        (["--port", "http"], "http"),
        (["--seed", "-1"], "-1"),
        (["--prt", "0"], "--prt"),
        (["--log-format", "xml"], "'text', 'json'"),
    ],
)
def test_a_wrong_option_is_exit_2_and_says_which(run: Run, options: list[str], message: str) -> None:
    code, output, errors = run("serve", *options)
    assert (code, output) == (2, "")
    assert message in errors


# The control token

TOKENS = pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "is empty"),
        ("   ", "has only spaces"),
        (" " * 16, "has only spaces"),
        ("123456789012345", "is too short: it has 15 characters and needs at least 16"),
        ("a-token-with-\xe9-in-it", "cannot be sent in a header"),
        ("a-token-before-a-blank ", "cannot be sent in a header"),
    ],
)


# If a mock accepted the token, it would fail because of the missing scenario. So it never runs for ever.
SERVE = ("serve", "--port", "0", "--scenario", "missing.yaml")


OF_OPTION = "Error: Invalid value for '--control-token'"
OF_FILE = "workerkit: --control-token-file token"


def assert_refused(result: tuple[int, str, str], place: str, message: str, source: str = "") -> None:
    code, output, errors = result
    assert (code, output) == (2, "")
    assert f"{place}: the control token {message}" in errors
    assert errors.endswith(f"Use for example the output of `openssl rand -hex 16`\n{source}")


@TOKENS
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_unfit_token_is_exit_2_and_nothing_is_begun(
    run: Run, project: Path, token: str, message: str, host: str
) -> None:
    words = ["--host", host, "--journal", "j.har", "--save-capsules", "capsules", "--control-token", token]
    assert_refused(run(*SERVE, *words), OF_OPTION, message)
    assert list(project.iterdir()) == []


@TOKENS
def test_an_unfit_token_of_the_environment_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, token: str, message: str
) -> None:
    monkeypatch.setenv("WORKERKIT_CONTROL_TOKEN", token)
    source = "The value comes from the environment variable WORKERKIT_CONTROL_TOKEN.\n"
    assert_refused(run(*SERVE), OF_OPTION, message, source)


@TOKENS
def test_an_unfit_token_of_the_project_is_refused(run: Run, project: Path, token: str, message: str) -> None:
    (project / "pyproject.toml").write_text(f'[tool.workerkit]\ncontrol-token = "{token}"\n', "utf-8")
    source = "The value comes from [tool.workerkit] in pyproject.toml.\n"
    assert_refused(run(*SERVE), OF_OPTION, message, source)


def test_a_fit_token_of_a_flag_beats_an_unfit_one_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERKIT_CONTROL_TOKEN", "")
    code, _, errors = run(*SERVE, "--control-token", "a-token-of-tests")
    assert (code, errors) == (2, "workerkit: missing.yaml: No such file or directory\n")


@TOKENS
def test_an_unfit_token_of_a_file_is_refused(run: Run, project: Path, token: str, message: str) -> None:
    (project / "token").write_text(f"{token}\n", "utf-8")
    assert_refused(run(*SERVE, "--control-token-file", "token"), OF_FILE, message)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_token_of_a_file_is_its_content_without_the_line_end(project: Path, end: str) -> None:
    (project / "token").write_bytes(b"a token of tests" + end.encode())
    assert token_from("token") == "a token of tests"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--control-token-file", "missing"], "--control-token-file missing cannot be read: No such file"),
        (["--control-token-file", "binary"], "--control-token-file binary: the file is not text in UTF-8"),
        (["--control-token", "a" * 16, "--control-token-file", "binary"], "give either --control-token or"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_exit_2(
    run: Run, project: Path, words: list[str], message: str
) -> None:
    (project / "binary").write_bytes(b"\xff" * 20)
    code, output, errors = run(*SERVE, *words)
    assert (code, output) == (2, "")
    assert message in errors


def test_the_variable_of_the_token_says_nothing_to_other_commands(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERKIT_CONTROL_TOKEN", "")
    assert run("scenario", "list")[0] == 0


def test_the_help_says_how_long_a_token_has_to_be(run: Run) -> None:
    assert "At least 16 characters" in " ".join(run("serve", "--help")[1].split())
