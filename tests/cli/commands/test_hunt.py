"""`workerkit hunt`: searches for a trouble under which a worker breaks a rule."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.conftest import Run

LIMIT = ("--time-limit", "2m")


def test_a_finding_is_exit_1_and_is_written(run: Run, project: Path, good_worker: list[str]) -> None:
    files = ("--out", "hunts", "--json", "hunt.json", "--junit", "hunt.xml")
    code, output, errors = run("hunt", *LIMIT, "--confirm", "1/1", *files, "--", *good_worker)
    assert (code, errors) == (1, "")
    assert "Found in trial 1: the worker breaks process-not-crashed in 1 of 1 repetitions.\n" in output
    assert "  When the worker reports task 1 as completed, the answer is 503.\n" in output
    assert "Wrote hunts/completion-1-5xx.yaml and hunts/test_completion_1_5xx.py." in output
    assert "the hunt assumed: complete-twice is twice." in output
    last = output.splitlines()[-1]
    assert last == "worker verdict: fail (completion-1-5xx breaks process-not-crashed in 1 of 1 repetitions)"
    report = json.loads((project / "hunt.json").read_text())
    assert (report["verdict"], report["finding"]["trial"]) == ("fail", 1)
    assert fromstring((project / "hunt.xml").read_text()).attrib["failures"] == "1"
    assert sorted(path.name for path in (project / "hunts").iterdir()) == [
        "completion-1-5xx.yaml",
        "scenario.schema.json",
        "test_completion_1_5xx.py",
    ]
    code, output, _ = run("exec", "--scenario", "hunts", *LIMIT, "--", *good_worker)
    assert code == 1
    assert output.startswith("FAIL  completion-1-5xx  (")


def test_a_hunt_without_a_finding_is_exit_0(run: Run, good_worker: list[str]) -> None:
    code, output, _ = run("hunt", *LIMIT, "--trials", "1", "--rule", "log-levels", "--", *good_worker)
    assert code == 0
    assert output.endswith(
        "worker verdict: pass (no rule was broken in 1 trial; the hunt ended because all trials were used)\n"
    )


@pytest.mark.parametrize("confirm", ["4/3", "0/3", "2", "2 of 3"])
def test_a_wrong_number_of_repetitions_is_exit_2(run: Run, confirm: str) -> None:
    code, output, errors = run("hunt", "--confirm", confirm, "--", "true")
    assert (code, output) == (2, "")
    assert f"{confirm!r} is not a number of times: write, for example, 2/3" in errors


def test_a_command_that_does_not_exist_is_exit_3(run: Run) -> None:
    code, _, errors = run("hunt", "--", "no-such-worker")
    assert code == 3
    assert "no-such-worker" in errors


def test_a_folder_without_scenarios_is_exit_2(run: Run, project: Path) -> None:
    (project / "empty").mkdir()
    code, _, errors = run("exec", "--scenario", "empty", "--", "true")
    assert code == 2
    assert "empty: the folder has no file that ends in .yaml or .yml" in errors


def test_a_rule_that_a_hunt_never_judges_is_exit_2(run: Run) -> None:
    code, output, errors = run("hunt", "--rule", "log-levels", "--rule", "retries-used", "--", "true")
    assert (code, output) == (2, "")
    assert "--rule retries-used: a hunt never judges this rule" in errors
