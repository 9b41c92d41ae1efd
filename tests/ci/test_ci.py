"""The files for CI: what a runner would run is run here by bash, with the inputs as environment variables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKERKIT = str(Path(sys.executable).with_name("workerkit"))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a scenario that ends when its task is done."""
    source = """
title: A quiet day
about: Nothing happens.
world:
  servers: [{name: server-07}]
  tasks: [{count: 1, server: server-07}]
expect: [tasks-ended]
until: {tasks: ended, quiet: 10ms}
"""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/quiet-day.yaml").write_text(source)
    return tmp_path


class Step:
    """The step of the action that tests: runs its script as a runner would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output_file, self.summary_file = folder, folder / "output", folder / "summary.md"

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        values = {name: str(definition.get("default", "")) for name, definition in ACTION["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "test")
        variables = {
            name: values[text.removeprefix("${{ inputs.").removesuffix(" }}")]
            for name, text in step["env"].items()
        }
        mine = {name: value for name, value in os.environ.items() if not name.startswith("WORKERKIT_")}
        runner = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output_file),
            "GITHUB_STEP_SUMMARY": str(self.summary_file),
            "WORKERKIT": WORKERKIT,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={**mine, **runner, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def python(source: str) -> str:
    return f"'{sys.executable}' -c '{source}'"


COMPLETES_ALL = python(
    """
import json, os, urllib.request
def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
ask("POST", "/health", {})
for task in ask("GET", "/tasks")["data"]:
    for status in ("running", "completed"):
        ask("PUT", "/tasks/" + task["id"], {"status": status})
"""
)


def test_no_script_contains_an_expression() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def test_every_input_is_used() -> None:
    text = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in text] == []


def test_a_worker_that_passes_makes_the_step_green(folder: Path) -> None:
    step = Step(folder)
    done = step.run(command=COMPLETES_ALL, scenario="scenarios/quiet-day.yaml\n", time_limit="60s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert step.output_file.read_text() == "verdict=pass\n"
    assert "worker verdict: pass" in step.summary_file.read_text().replace("\\", "")
    assert "::error" not in done.stdout + done.stderr
    assert parse(folder / "workerkit-reports/exec.xml").getroot().get("failures") == "0"
    assert (folder / "workerkit-reports/exec.html").exists()


def test_a_worker_at_fault_makes_the_step_red_and_annotates_the_broken_rules(folder: Path) -> None:
    step = Step(folder)
    done = step.run(command="echo '::error::mine' $(touch made) ; true", scenario="scenarios/quiet-day.yaml")
    assert done.returncode == 1
    assert step.output_file.read_text() == "verdict=fail\n"
    assert "❌" in step.summary_file.read_text()
    lines = [line for line in done.stderr.splitlines() if line.startswith("::error")]
    assert lines[0].startswith("::error title=workerkit%3A ")
    assert "tasks-ended" in "".join(lines)
    assert "\n      ::error" not in done.stdout, "the worker's output must not annotate the run"


def test_an_input_is_never_run_as_a_part_of_the_script(folder: Path) -> None:
    hostile = "x$(touch made)`touch made`;touch made\"'"
    done = Step(folder).run(url=hostile, command="true", scenario=hostile, heartbeat=hostile, reports="r")
    assert done.returncode == 2
    assert not (folder / "made").exists()


def test_without_a_worker_and_a_server_the_step_says_what_is_missing(folder: Path) -> None:
    step = Step(folder)
    done = step.run()
    assert done.returncode == 2
    assert "give the input command" in done.stdout
    assert step.output_file.read_text() == "verdict=error\n"


@pytest.mark.long
def test_a_server_that_cannot_be_reached_is_no_verdict_and_its_key_is_no_argument(folder: Path) -> None:
    pytest.importorskip("schemathesis")
    step = Step(folder)
    done = step.run(url="http://127.0.0.1:9/api/v1/worker", api_key="a-key-of-mine-1234", command="")
    assert done.returncode == 3, done.stderr
    assert step.output_file.read_text() == "verdict=error\n"
    assert "a-key-of-mine-1234" not in done.stdout + done.stderr


def test_the_hook_checks_the_scenario_files_that_it_gets(folder: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (folder / "scenarios/wrong.yaml").write_text("title: A day\nabuot: Nothing.\n")
    words = [WORKERKIT, *hook["entry"].split()[1:]]
    files = ["scenarios/quiet-day.yaml", "scenarios/wrong.yaml"]
    codes = [subprocess.run([*words, file], cwd=folder, check=False).returncode for file in files]
    assert codes == [0, 2]


@pytest.mark.long
@pytest.mark.parametrize(("command", "code"), [(COMPLETES_ALL, 0), ("true", 1)])
def test_the_job_of_gitlab_is_green_and_red(folder: Path, command: str, code: int) -> None:
    job = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text("utf-8"))[".workerkit"]
    (folder / ".workerkit").symlink_to(Path(sys.executable).parents[1])
    environment = {**os.environ, "WORKER_COMMAND": command, "WORKERKIT_SCENARIO": "scenarios"}
    script = "\n".join(job["script"])
    done = subprocess.run(
        ["bash", "-e", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert (folder / job["artifacts"]["reports"]["junit"]).exists()
