"""The helpers of examples/ with the test runners of their languages, and two workers."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CAREFUL = ROOT / "tests/examples/worker.js"
JUNIT = Path("/usr/share/java/junit-platform-console-standalone.jar")


def node(folder: Path, worker: Path) -> tuple[list[str], str]:
    return ["node", "--test", "worker.test.mjs"], str(worker)


def go(folder: Path, worker: Path) -> tuple[list[str], str]:
    return ["go", "test", "-count=1", "."], shlex.join(["node", str(worker)])


def java(folder: Path, worker: Path) -> tuple[list[str], str]:
    jars = ":".join(map(str, sorted(Path("/usr/share/java").glob("*.jar"))))
    subprocess.run(
        ["javac", "-cp", jars, "-d", ".", "Workerkit.java", "WorkerTest.java"], cwd=folder, check=True
    )
    words = [
        "java",
        "-cp",
        f".:{jars}",
        "org.junit.platform.console.ConsoleLauncher",
        "--select-class",
        "WorkerTest",
    ]
    return words, shlex.join(["node", str(worker)])


RUNNERS = [
    pytest.param(node, ("node",), id="node"),
    pytest.param(go, ("node", "go"), id="go", marks=pytest.mark.long),
    pytest.param(java, ("node", "javac", "java"), id="java", marks=pytest.mark.long),
]


@pytest.mark.parametrize(
    "is_careful",
    [pytest.param(True, id="careful"), pytest.param(False, id="lazy", marks=pytest.mark.long)],
)
@pytest.mark.parametrize(("runner", "needed"), RUNNERS)
def test_the_helper_tests_a_worker(
    runner: Callable[[Path, Path], tuple[list[str], str]],
    needed: tuple[str, ...],
    is_careful: bool,
    tmp_path: Path,
) -> None:
    missing = [program for program in needed if shutil.which(program) is None]
    if missing or (runner is java and not JUNIT.exists()):
        pytest.skip(f"needs {' and '.join(missing) or 'junit5 of Debian'}")
    folder = tmp_path / runner.__name__
    shutil.copytree(ROOT / "examples" / runner.__name__, folder)
    lazy = tmp_path / "lazy.js"
    lazy.write_text("")
    words, worker = runner(folder, CAREFUL if is_careful else lazy)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "WORKER": worker, "GOFLAGS": "-mod=mod"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is is_careful, done.stdout + done.stderr
    if not is_careful:
        assert "completed" in done.stdout + done.stderr
