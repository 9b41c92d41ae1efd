"""The helpers of examples/ with the test runners of their languages, and two workers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.ci.other_runners import NODE, RUNNERS, Runner, missing, prepared

CAREFUL = Path(__file__).parents[2] / "tests/examples/worker.js"


@pytest.mark.parametrize(
    "is_careful",
    [pytest.param(True, id="careful"), pytest.param(False, id="lazy", marks=pytest.mark.long)],
)
@pytest.mark.parametrize(
    "runner",
    [
        pytest.param(runner, id=runner.name, marks=() if runner is NODE else pytest.mark.long)
        for runner in RUNNERS
    ],
)
def test_the_helper_tests_a_worker(runner: Runner, is_careful: bool, tmp_path: Path) -> None:
    if lacking := missing(runner):
        pytest.skip(f"needs {lacking}")
    lazy = tmp_path / "lazy.js"
    lazy.write_text("")
    tests = prepared(runner, tmp_path, CAREFUL if is_careful else lazy)
    environment = {**os.environ, **tests.variables}
    done = subprocess.run(
        tests.words, cwd=tests.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is is_careful, done.stdout + done.stderr
    if not is_careful:
        assert "completed" in done.stdout + done.stderr
