"""The kit as a worker project has it: a wheel, beside packages of the project's own with common names."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
PACKAGE_FILES = {path.name for path in (ROOT / "package").iterdir() if path.is_file()}
PROJECT_TEST = """
import json
import urllib.request

import contracts
import mockserver
import openapi
import scenarios


def test_own_packages_and_the_fixture(worker_api):
    owners = {contracts.OWNER, mockserver.OWNER, openapi.OWNER, scenarios.OWNER}
    assert owners == {"the worker project"}
    task = worker_api.add_task(status="pending")
    headers = {"X-API-Key": worker_api.api_key}
    request = urllib.request.Request(worker_api.base_url + "/tasks", headers=headers)
    with urllib.request.urlopen(request) as answer:
        assert [each["id"] for each in json.load(answer)["data"]] == [task["id"]]
    assert worker_api.env["LIKEPION_SERVER_NAME"] == "server-01"
    assert [exchange.operation for exchange in worker_api.journal] == ["listTasks"]
"""
PYTEST_SCRIPT = """#!{python}
import sys
from pytest import console_main
sys.exit(console_main())
"""


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(list(map(str, words)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_environment(folder: Path) -> Path:
    """The Python of a new environment. What the kit depends on is lent by this one."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    site_packages = next((folder / "lib").glob("python*/site-packages"))
    # A path in a .pth file lends the packages, not the links of this environment's editable install.
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def pip_install(python: Path, *words: str | Path) -> None:
    options = ("--python", python, "install", "--quiet", "--no-deps", "--no-index")
    run(sys.executable, "-m", "pip", *options, *words)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel installed."""
    python = new_environment(tmp_path_factory.mktemp("environment"))
    pip_install(python, wheel)
    script = python.with_name("pytest")
    script.write_text(PYTEST_SCRIPT.format(python=python))
    script.chmod(0o755)
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A worker project with packages named like the kit's rooms."""
    for name in ROOMS[:4]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('OWNER = "the worker project"\n')
    (tmp_path / "test_worker.py").write_text(PROJECT_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return tmp_path


def packed_files(wheel: Path) -> set[str]:
    """The names in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_the_package_the_rooms_and_the_pages_in_it_and_nothing_else(wheel: Path) -> None:
    names = packed_files(wheel)
    rooms = {name.split("/")[1] for name in names if name.startswith("workerkit/")}
    (man_page,) = [name for name in names if not name.startswith("workerkit/")]
    assert man_page.endswith(".data/data/share/man/man1/workerkit.1")
    assert rooms == {*ROOMS, *PACKAGE_FILES, "docs"}


def test_the_wheel_has_every_file_of_the_rooms_and_of_the_package(wheel: Path) -> None:
    names = packed_files(wheel)
    packed = {name.removeprefix("workerkit/") for name in names if name.startswith("workerkit/")}
    there = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    pages = {name for name in packed if name.startswith("docs/")}
    assert packed - pages == there | PACKAGE_FILES


def test_the_wheel_has_every_page_and_no_text_that_pages_are_made_from(wheel: Path) -> None:
    docs = ROOT / "docs"
    pages = {path.relative_to(ROOT).as_posix() for path in docs.rglob("*.md")}
    packed = {name.removeprefix("workerkit/") for name in packed_files(wheel)}
    made_from = {page for page in pages if page.startswith("docs/made_pages/")}
    assert {name for name in packed if name.startswith("docs/")} == pages - made_from


def test_pytest_and_the_packages_of_conform_come_only_with_an_extra(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
    needed = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    base = {re.split("[<>=;]", line)[0] for line in needed if "extra ==" not in line}
    assert "click" in base
    assert base & {"pytest", "schemathesis", "hypothesis", "requests", "trustme", "textual"} == set()
    assert [line for line in needed if "==" in line.partition(";")[0]] == []


def test_a_wheel_made_from_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    run("tar", "-xzf", next(tmp_path.glob("*.tar.gz")), cwd=tmp_path)
    source = next(path for path in tmp_path.iterdir() if path.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=source)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(tmp_path / wheel.name) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_the_kit_comes_from_the_wheel(python: Path, project: Path) -> None:
    place = run(python, "-c", "import workerkit.mockserver as room; print(room.__file__)", cwd=project)
    assert str(python.parents[1]) in place


PUBLIC_NAMES = """
import workerkit
from workerkit.contracts import Plan, Report, Target
from workerkit.mockserver import MockServer, WorkerApi, run_worker
from workerkit.scenarios import Scenario, judge, load
with MockServer() as mock, mock.new_world("quiet-day") as api:
    print(workerkit.__version__, type(api) is WorkerApi, workerkit.__file__)
"""


def test_the_public_names_can_be_imported(python: Path, project: Path) -> None:
    version, is_world, place = run(python, "-c", PUBLIC_NAMES, cwd=project).split()
    assert (version, is_world) == (importlib.metadata.version("likepion-workerkit"), "True")
    assert str(python.parents[1]) in place


def test_the_package_runs_as_a_command(python: Path, project: Path) -> None:
    assert run(python, "-m", "workerkit", "--version", cwd=project).startswith("workerkit, version ")
    assert "key-revoked" in run(python, "-m", "workerkit", "scenario", "list", cwd=project)


@pytest.fixture
def editable(tmp_path: Path) -> Path:
    """The Python of an environment in which a copy of the source distribution is installed as editable."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    run("tar", "-xzf", next(tmp_path.glob("*.tar.gz")), cwd=tmp_path)
    source = next(path for path in tmp_path.iterdir() if path.is_dir())
    python = new_environment(tmp_path / "environment")
    pip_install(python, "--no-build-isolation", "--editable", source)
    return python


def test_an_editable_install_has_the_same_names(editable: Path, project: Path) -> None:
    version, is_world, place = run(editable, "-c", PUBLIC_NAMES, cwd=project).split()
    assert (version, is_world) == (importlib.metadata.version("likepion-workerkit"), "True")
    assert Path(place).resolve().relative_to(project.parent).parts[-2:] == ("package", "__init__.py")
    assert run(editable, "-m", "workerkit", "--version", cwd=project).startswith("workerkit, version ")


@pytest.mark.parametrize("module", [False, True], ids=["pytest", "python -m pytest"])
def test_a_project_with_packages_of_these_names_can_use_the_fixture(
    python: Path, project: Path, *, module: bool
) -> None:
    start = [python, "-m", "pytest"] if module else [python.parent / "pytest"]
    assert "1 passed" in run(*start, "-q", "-p", "no:cacheprovider", "-W", "error", cwd=project)
