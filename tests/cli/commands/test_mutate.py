"""`workerkit mutate`: exit codes, the table and the report files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.conftest import Run

SUITE = """
import os, sys
from urllib.request import Request, urlopen

url, key = os.environ["LIKEPION_BASE_URL"], os.environ["LIKEPION_API_KEY"]
answer = urlopen(Request(url + "/tasks?limit=1", headers={"X-API-Key": key})).read()
sys.exit(b'"limit":1,' not in answer)
"""
MUTANTS = (
    "--mutant",
    "answered-limit-is-the-maximum",
    "--mutant",
    "total-is-one-more",
    "--mutant",
    "logs-crash",
)


@pytest.fixture
def suite(project: Path) -> list[str]:
    """The command of a test suite that checks the limit of a list."""
    (project / "suite.py").write_text(SUITE)
    return ["--suite", "--", sys.executable, "suite.py"]


@pytest.mark.long  # starts a command several times
def test_what_is_not_noticed_is_exit_1_and_is_written(run: Run, project: Path, suite: list[str]) -> None:
    files = ("--json", "mutate.json", "--junit", "mutate.xml", "--html", "mutate.html")
    code, output, errors = run("mutate", *MUTANTS, "--jobs", "2", *files, *suite)
    assert code == 1
    told = [line.partition(": ") for line in errors.splitlines()]
    assert [number for number, _, _ in told] == ["1 of 2", "2 of 2"]
    assert "total-is-one-more: not noticed" in [text for _, _, text in told]
    lines = [line.split() for line in output.splitlines()]
    assert ["answered-limit-is-the-maximum", "listTasks", "exit", "code", "1"] in lines
    assert ["total-is-one-more", "listTasks", "not", "noticed"] in lines
    assert ["logs-crash", "sendLogs", "not", "reached"] in lines
    last = "mutate verdict: fail (1 of 2 server faults noticed, 1 not reached)"
    assert output.splitlines()[-1] == last
    report = json.loads((project / "mutate.json").read_text())
    assert {row["id"]: row["result"] for row in report["mutants"]} == {
        "answered-limit-is-the-maximum": "noticed",
        "total-is-one-more": "not noticed",
        "logs-crash": "not reached",
    }
    assert (report["verdict"], report["called"]) == ("fail", ["listTasks"])
    junit = fromstring((project / "mutate.xml").read_text()).attrib
    assert (junit["tests"], junit["failures"]) == ("3", "1")
    assert "total of the task list is one too high." in (project / "mutate.html").read_text()


@pytest.mark.long  # starts a command several times
def test_everything_noticed_is_exit_0(run: Run, suite: list[str]) -> None:
    assert run("mutate", *MUTANTS[:2], *suite)[0] == 0


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            ("--operation", "sendLogs", "--suite"),
            2,
            "no chosen mutant concerns what the command calls: listTasks",
        ),
        (("--operation", "sendLogs", "--mutant", "total-is-text"), 2, "no mutant of --mutant concerns"),
        (("--mutant", "total-is-txt"), 2, "total-is-txt"),
        (("--suite", "--scenario", "quiet-day"), 2, "leave out one of them"),
        ((), 3, "If the command is a test suite, add --suite"),
    ],
)
def test_a_command_that_cannot_be_tried_says_why(
    run: Run, suite: list[str], options: tuple[str, ...], code: int, words: str
) -> None:
    found, _, errors = run("mutate", *options, *suite[1:])
    assert (found, words in " ".join(errors.split())) == (code, True), errors
