"""The kit as a worker project has it: a wheel, beside packages of the project's own with common names."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel installed; what the kit depends on is lent by this one."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
    )
    site_packages = next((environment / "lib").glob("python*/site-packages"))
    # A path in a .pth file lends the packages, not the links of this environment's editable install.
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    script = environment / "bin" / "pytest"
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


def test_the_wheel_has_the_rooms_below_workerkit_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    rooms = {name.split("/")[1] for name in names if name.startswith("workerkit/")}
    assert tops == {"workerkit"}
    assert rooms == set(ROOMS)


def test_the_wheel_has_every_file_of_the_rooms(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("workerkit/") for name in archive.namelist() if ".dist-info/" not in name}
    there = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there


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


@pytest.mark.parametrize("module", [False, True], ids=["pytest", "python -m pytest"])
def test_a_project_with_packages_of_these_names_can_use_the_fixture(
    python: Path, project: Path, *, module: bool
) -> None:
    start = [python, "-m", "pytest"] if module else [python.parent / "pytest"]
    assert "1 passed" in run(*start, "-q", "-p", "no:cacheprovider", "-W", "error", cwd=project)
