"""What the command line imports to print its help, its version and the list of scenarios."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., set[str]]
CHILD = """
import sys
before = set(sys.modules)
from workerkit.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""
# Modules of the standard library that the help does not need, and that take long to import.
SLOW = {"asyncio", "email", "http", "importlib.resources", "multiprocessing", "ssl", "urllib.request"}


@pytest.fixture
def imports(project: Path) -> Run:
    """Runs `workerkit` with the given words in a new process. Returns the modules that it has imported."""

    def command_line(*words: str) -> set[str]:
        child = [sys.executable, "-c", CHILD, *words]
        done = subprocess.run(child, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stdout
        return set(done.stderr.split())

    return command_line


def packages(modules: set[str]) -> set[str]:
    """The packages outside the standard library that these modules belong to."""
    names = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    return {name for name in names if "cython" not in name}  # compiled code adds such modules by itself


def rooms(modules: set[str]) -> set[str]:
    """The folders of the kit that these modules stand in."""
    return {".".join(name.split(".")[1:3]) for name in modules if name.startswith("workerkit.")}


def commands(modules: set[str]) -> set[str]:
    """The modules of commands."""
    prefix = "workerkit.cli.commands."
    return {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}


SETTINGS = "[tool.workerkit]\nport = 0\n"


@pytest.mark.parametrize("settings", ["", SETTINGS], ids=["no settings", "settings"])
@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--version",)], ids=" ".join)
def test_the_help_and_the_version_import_no_command(
    imports: Run, project: Path, words: tuple[str, ...], settings: str
) -> None:
    (project / "pyproject.toml").write_text(settings)
    modules = imports(*words)
    assert packages(modules) == {"click", "workerkit"}
    assert {room.partition(".")[0] for room in rooms(modules)} == {"cli", "openapi"}
    assert commands(modules) == set()


def test_the_help_imports_no_slow_module(imports: Run) -> None:
    assert imports("--help") & SLOW == set()


def test_the_help_of_a_group_imports_no_command_of_the_group(imports: Run) -> None:
    modules = imports("scenario", "--help")
    assert packages(modules) == {"click", "workerkit"}
    assert commands(modules) == {"scenario"}


@pytest.mark.parametrize("settings", ["", SETTINGS], ids=["no settings", "settings"])
def test_the_list_of_scenarios_imports_only_what_it_prints(
    imports: Run, project: Path, settings: str
) -> None:
    (project / "pyproject.toml").write_text(settings)
    modules = imports("scenario", "list")
    assert packages(modules) == {"click", "workerkit", "yaml"}
    others = {room for room in rooms(modules) if not room.startswith(("cli", "openapi"))}
    assert others == {"lazy_names", "scenarios", "scenarios.library"}
    assert commands(modules) == {"scenario", "scenario.list"}
