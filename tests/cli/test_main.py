"""The command `workerkit`: its exit codes and error messages."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from workerkit.cli.commands import silences

Run = Callable[..., tuple[int, str, str]]


def test_the_version_is_that_of_the_distribution(run: Run) -> None:
    assert run("--version") == (
        0,
        f"workerkit, version {importlib.metadata.version('likepion-workerkit')}\n",
        "",
    )


def test_the_installed_command_runs(script: str, project: Path) -> None:
    done = subprocess.run(
        [script, "scenario", "list"], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nkey-revoked  " in done.stdout


@pytest.mark.parametrize(
    "words", [["no-such-command"], ["--no-such-option"], ["exec"], ["scenario", "show"], ["scenario", "no"]]
)
def test_a_wrong_command_line_is_exit_2(run: Run, words: list[str]) -> None:
    code, output, errors = run(*words)
    assert (code, output) == (2, "")
    assert "Error: " in errors


@pytest.mark.parametrize("stop", [KeyboardInterrupt, click.Abort])
def test_an_interrupted_command_is_exit_130(
    run: Run, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def interrupted(**options: object) -> None:
        raise stop

    monkeypatch.setattr(silences.command, "callback", interrupted)
    assert run("silences")[0] == 130


def test_an_error_of_the_kit_itself_is_exit_3_with_one_line_that_says_where_its_trace_is(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(**options: object) -> None:
        raise ValueError("for password=hunter222&a=1\nand more")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(silences.command, "callback", fails)
    code, output, errors = run("silences")
    assert (code, output) == (3, "")
    (trace,) = tmp_path.glob("workerkit-*.txt")
    beginning = "workerkit: an error in workerkit itself, not a finding: ValueError: for password=<password "
    assert errors.startswith(beginning)
    assert errors.endswith(f"Please report this error. Its traceback is in {trace}\n")
    assert errors.count("\n") == 1
    assert "in fails" in trace.read_text()
    assert "hunter222" not in errors + trace.read_text()


def test_without_a_folder_for_temporary_files_the_trace_is_printed(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(**options: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr(silences.command, "callback", fails)
    code, _, errors = run("silences")
    assert code == 3
    assert "ValueError: a mistake of ours. Please report this error. " in errors
    assert "Its traceback is below\nTraceback" in errors


# An installation without the optional modules

WITHOUT_EXTRAS = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("schemathesis", "textual"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from workerkit.cli.main import main
main()
"""


HELP_OF_ALL_COMMANDS = """
import json
from click import Context
from click.testing import CliRunner
from workerkit.cli.main import workerkit

outputs = {}
for name in workerkit.list_commands(Context(workerkit)):
    result = CliRunner().invoke(workerkit, [name, "--help"])
    assert result.exit_code == 0, result.output
    outputs[name] = result.output
print(json.dumps(outputs))
"""


@pytest.fixture
def base_install(project: Path) -> Run:
    """Runs `workerkit` in a process that cannot import schemathesis and textual."""

    def command_line(*words: str) -> tuple[int, str, str]:
        python = [sys.executable, "-c", WITHOUT_EXTRAS, *words]
        done = subprocess.run(python, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout, done.stderr

    return command_line


def test_without_the_optional_modules_other_commands_work(base_install: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.workerkit]\nport = 0\nrate = "5/s"\n')
    code, output, errors = base_install("scenario", "list")
    assert (code, errors) == (0, "")
    assert "key-revoked" in output


def test_without_the_optional_modules_the_help_says_what_is_missing(base_install: Run) -> None:
    code, output, errors = base_install("--help")
    assert (code, errors) == (0, "")
    assert re.search("conform +Not installed", output)
    assert re.search("watch +Not installed", output)


def test_without_the_optional_modules_all_other_commands_can_be_imported() -> None:
    source = WITHOUT_EXTRAS.replace("main()", HELP_OF_ALL_COMMANDS)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    missing = {name for name, output in json.loads(done.stdout).items() if "Not installed" in output}
    assert missing == {"conform", "watch"}


def test_without_the_optional_modules_a_wrong_setting_is_found(base_install: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.workerkit]\nrat = 1\n")
    code, output, errors = base_install("scenario", "list")
    assert (code, output) == (2, "")
    assert '[tool.workerkit] has no option rat (did you mean "rate"?)' in errors


def test_without_its_modules_conform_says_how_to_install_them(base_install: Run) -> None:
    code, output, errors = base_install("conform", "https://server.example/api/v1/worker", "--rate", "5/s")
    assert (code, output) == (2, "")
    assert "conform needs schemathesis: pip install 'likepion-workerkit[contracts]'" in errors


def test_without_textual_watch_says_how_to_install_it(base_install: Run) -> None:
    code, output, errors = base_install("watch")
    assert (code, output) == (2, "")
    assert "watch needs textual: pip install 'likepion-workerkit[ui]'" in errors
