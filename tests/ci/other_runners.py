"""The tests of examples/ in other languages, and how the test runners of these languages are called."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_EXAMPLES = Path(__file__).parents[2] / "examples"
_JARS = Path("/usr/share/java")
_JUNIT = _JARS / "junit-platform-console-standalone.jar"


@dataclass(frozen=True, slots=True)
class Runner:
    """A test runner.

    name: the folder in examples/ that has its tests.
    programs: the programs that it needs, besides the `node` of the worker.
    words: makes the command for a copy of the folder.
    worker: the text of the variable WORKER, for the file of a worker.
    """

    name: str
    programs: tuple[str, ...]
    words: Callable[[Path], list[str]]
    worker: Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class PreparedTests:
    """A command that runs tests in a folder, with more variables in its environment."""

    words: list[str]
    folder: Path
    variables: Mapping[str, str]


def missing(runner: Runner) -> str:
    """What this machine lacks to run the tests. Empty if it has everything."""
    programs = [program for program in ("node", *runner.programs) if shutil.which(program) is None]
    if not programs and "javac" in runner.programs and not _JUNIT.exists():
        return "junit5 of Debian"
    return " and ".join(programs)


def prepared(runner: Runner, folder: Path, worker: Path) -> PreparedTests:
    """The tests of a worker in JavaScript, in a copy of their folder. The copy is made in `folder`."""
    copy = folder / runner.name
    shutil.copytree(_EXAMPLES / runner.name, copy)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "WORKER": runner.worker(worker), "GOFLAGS": "-mod=mod"}
    return PreparedTests(runner.words(copy), copy, variables)


def _compiled_java(folder: Path) -> list[str]:
    """The command for the tests in Java, after they were compiled."""
    jars = ":".join(map(str, sorted(_JARS.glob("*.jar"))))
    subprocess.run(
        ["javac", "-cp", jars, "-d", ".", "Workerkit.java", "WorkerTest.java"], cwd=folder, check=True
    )
    launcher = "org.junit.platform.console.ConsoleLauncher"
    return ["java", "-cp", f".:{jars}", launcher, "--select-class", "WorkerTest"]


def _node_line(worker: Path) -> str:
    return shlex.join(["node", str(worker)])


NODE = Runner("node", (), lambda _: ["node", "--test", "worker.test.mjs"], str)
GO = Runner("go", ("go",), lambda _: ["go", "test", "-count=1", "."], _node_line)
JAVA = Runner("java", ("javac", "java"), _compiled_java, _node_line)
RUNNERS = (NODE, GO, JAVA)
