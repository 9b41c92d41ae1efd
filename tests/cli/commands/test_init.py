"""`workerkit init`: writes the files with which a worker's project begins."""

from __future__ import annotations

import os
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import PATIENCE, Run
from workerkit.cli.setup.project_start import LANGUAGES

OPTIONS = ["--command", "node 'my worker.js' | tee \"log: $HOME\"", "--language", "node"]
SCENARIO = "scenarios/first-trouble.yaml"
WORKFLOW = ".github/workflows/workerkit.yml"


def test_it_writes_settings_a_sound_scenario_and_a_job(run: Run, project: Path) -> None:
    code, output, _ = run("init", *OPTIONS)
    assert code == 0
    written = [line.removeprefix("Wrote ") for line in output.splitlines() if line.startswith("Wrote ")]
    assert written == ["pyproject.toml", SCENARIO, WORKFLOW]
    assert run("scenario", "validate", SCENARIO)[0] == 0
    assert f"workerkit exec --scenario ./{SCENARIO} -- your-worker" in (project / SCENARIO).read_text()
    assert (project / "scenarios/scenario.schema.json").is_file()
    assert "time-limit" in tomllib.loads((project / "pyproject.toml").read_text())["tool"]["workerkit"]


def test_the_next_command_and_the_job_run_the_command_as_it_was_given(run: Run, project: Path) -> None:
    _, output, _ = run("init", *OPTIONS)
    words = shlex.split(output.splitlines()[-1].partition("workerkit exec -- ")[2])
    assert words == ["bash", "-c", OPTIONS[1]]
    job = yaml.safe_load((project / WORKFLOW).read_text())["jobs"]["workerkit"]
    (step,) = [step for step in job["steps"] if "env" in step]
    assert step["env"] == {"WORKER_COMMAND": OPTIONS[1]}
    assert "${{" not in step["run"]


def test_on_a_terminal_it_asks_for_what_the_options_do_not_say(project: Path, script: str) -> None:
    terminal, other_end = pytest.importorskip("pty").openpty()
    with subprocess.Popen([script, "init"], stdin=other_end, stdout=other_end, stderr=other_end) as process:
        os.close(other_end)
        questions = [answer(terminal, "go run ./cmd/worker"), answer(terminal, "")]
        assert process.wait(PATIENCE) == 0
    os.close(terminal)
    assert questions[0].startswith("The worker's command")
    assert questions[1].endswith("The worker's language (node, go, java, python, other) [go]: ")
    assert 'WORKER_COMMAND: "go run ./cmd/worker"' in (project / WORKFLOW).read_text()


def answer(terminal: int, text: str) -> str:
    """Reads a question to its end, which is a colon, and answers it. Returns the question."""
    question = b""
    while not question.endswith(b": "):
        question += os.read(terminal, 4096)
    os.write(terminal, f"{text}\n".encode())
    return question.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_job_of_each_language_is_valid_yaml(run: Run, project: Path, language: str) -> None:
    assert run("init", "--command", "work", "--language", language)[0] == 0
    steps = yaml.safe_load((project / WORKFLOW).read_text())["jobs"]["workerkit"]["steps"]
    assert all("uses" in step or "run" in step for step in steps)


@pytest.mark.parametrize("path", [SCENARIO, WORKFLOW])
def test_what_exists_is_replaced_only_with_overwrite(run: Run, project: Path, path: str) -> None:
    (project / path).parent.mkdir(parents=True)
    (project / path).write_text("mine")
    code, _, errors = run("init", *OPTIONS)
    assert code == 2
    assert f"{path}: this file exists already" in errors
    assert [file for file in project.rglob("*") if file.is_file()] == [project / path]
    assert run("init", *OPTIONS, "--overwrite")[0] == 0
    assert (project / path).read_text() != "mine"


def test_a_pyproject_keeps_its_content(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "mine"')
    assert run("init", *OPTIONS)[0] == 0
    table = tomllib.loads((project / "pyproject.toml").read_text())
    assert (table["project"]["name"], "workerkit" in table["tool"]) == ("mine", True)


@pytest.mark.parametrize(
    ("text", "message"), [("[tool.workerkit]\njobs = 2\n", "exists already"), ("[tool", "pyproject.toml: ")]
)
def test_own_settings_stay_and_a_broken_file_is_an_error(
    run: Run, project: Path, text: str, message: str
) -> None:
    (project / "pyproject.toml").write_text(text)
    code, _, errors = run("init", *OPTIONS)
    assert (code, message in errors) == (2, True)
    assert [file.name for file in project.iterdir()] == ["pyproject.toml"]
    run("init", *OPTIONS, "--overwrite")
    assert (project / "pyproject.toml").read_text() == text
