"""New environments, made by uv."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from shutil import which

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "build" / "packages" / "bin"
_UV = TOOLS / "uv"


class CommandFailedError(Exception):
    """A command failed. The message has the command and its output."""


def run(
    *words: str | Path, cwd: Path = ROOT, codes: Sequence[int] = (0,), env: Mapping[str, str] | None = None
) -> str:
    """Runs a command and returns all its output. Raises CommandFailedError.

    codes: the exit codes that the command may have.
    env: environment variables to add.
    """
    command = list(map(str, words))
    variables = {**_variables(), **(env or {})}
    done = subprocess.run(
        command, cwd=cwd, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode not in codes:
        raise CommandFailedError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def has_python(version: str) -> bool:
    """Whether this machine has a Python of this version, for example 3.12."""
    done = subprocess.run(
        [_UV, "python", "find", "--quiet", "--no-project", version], env=_variables(), capture_output=True
    )
    return done.returncode == 0


def new_environment(folder: Path, version: str) -> Path:
    """Makes an environment with this version of Python and returns its folder of programs."""
    run(_UV, "venv", "--quiet", "--clear", "--no-project", "--python", version, folder)
    return folder / "bin"


def install(folder: Path, *requirements: str, constraints: Path | None = None) -> None:
    """Installs packages into an environment. Compiles nothing."""
    held = () if constraints is None else ("--constraint", constraints)
    options = ("--quiet", "--only-binary", ":all:", *held)
    run(_UV, "pip", "install", "--python", folder, *options, *requirements)


def lowest_versions(folder: Path, extra: str) -> Path:
    """A file with the lowest versions that pyproject.toml allows for an environment's Python.

    extra: the extra that will be installed.
    """
    file = folder / "constraints.txt"
    options = ("--resolution", "lowest-direct", "--only-binary", ":all:", "--quiet", "-o", file)
    python = folder / "bin" / "python"
    run(_UV, "pip", "compile", "--python", python, "--extra", extra, *options, "pyproject.toml")
    return file


@cache
def _variables() -> dict[str, str]:
    variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if which("pyenv"):
        # pyenv hides all versions but one.
        listed = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True)
        variables["PYENV_VERSION"] = ":".join(listed.stdout.split())
    return variables
