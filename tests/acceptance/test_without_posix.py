"""The kit on a system that lacks what Windows lacks: modules, signals and calls of POSIX."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from workerkit.mockserver import MockServer

# Runs whole commands.
pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TIMEOUT = 300.0
AS_ON_WINDOWS = Path(__file__).with_name("as_on_windows")


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a process that lacks what Windows lacks."""
    return {**os.environ, "PYTHONPATH": str(AS_ON_WINDOWS)}


def workerkit(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "workerkit", *map(str, words)]


def run(words: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT
    )


def test_what_windows_lacks_is_not_there(environment: dict[str, str], tmp_path: Path) -> None:
    source = "import os, signal; print(hasattr(os, 'killpg'), hasattr(signal, 'SIGHUP')); import fcntl"
    done = run([sys.executable, "-c", source], environment, tmp_path)
    assert done.stdout == "False False\n"
    assert "ModuleNotFoundError" in done.stderr


def test_every_file_of_the_kit_can_be_imported(environment: dict[str, str], tmp_path: Path) -> None:
    for_posix = {"process_guard", "posix_processes"}
    source = f"""
import importlib, pkgutil, workerkit
for module in pkgutil.walk_packages(workerkit.__path__, "workerkit."):
    if module.name.rpartition(".")[2] not in {for_posix!r}:
        importlib.import_module(module.name)
"""
    done = run([sys.executable, "-c", source], environment, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_scenarios_are_listed(environment: dict[str, str], tmp_path: Path) -> None:
    done = run(workerkit("scenario", "list"), environment, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "key-revoked" in done.stdout


@pytest.mark.parametrize(
    ("worker", "code", "line"),
    [
        pytest.param([ROOT / "tests/examples/worker.py"], 0, "PASS  stopped-in-a-task", id="careful"),
        pytest.param(
            ["-c", "raise SystemExit(3)"], 1, "exited with code 3", id="crashes", marks=pytest.mark.long
        ),
    ],
)
def test_a_worker_gets_its_verdict(
    environment: dict[str, str], tmp_path: Path, worker: list[str | Path], code: int, line: str
) -> None:
    words = workerkit("exec", "--scenario", "stopped-in-a-task", "--", sys.executable, *worker)
    done = run(words, environment, tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert line in done.stdout


@pytest.mark.long
def test_a_server_gets_its_verdict(environment: dict[str, str], tmp_path: Path) -> None:
    done = run(workerkit("conform", "--max-requests", "150"), environment, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "server verdict: pass" in done.stdout


def test_the_mock_serves_and_stops_at_a_signal(environment: dict[str, str], tmp_path: Path) -> None:
    ready, journal = tmp_path / "ready.json", tmp_path / "journal.jsonl"
    words = workerkit("serve", "--port", "0", "--ready-file", ready, "--journal", journal)
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        assert mock.stdout.readline().startswith("Worker API:")
        addresses = json.loads(ready.read_text())
        headers = {"X-API-Key": addresses["servers"][0]["api_key"]}
        request = urllib.request.Request(addresses["base_url"] + "/tasks", headers=headers)
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["data"]
        mock.terminate()
        assert mock.wait(TIMEOUT) == 0
    assert '"listTasks"' in journal.read_text()


def test_the_recorder_stops_at_a_signal(environment: dict[str, str], tmp_path: Path) -> None:
    capsule = tmp_path / "bug.yaml"
    with MockServer() as server, server.new_world() as world:
        words = workerkit("record", "--upstream", world.base_url, "--port", "0", "--out", capsule)
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as recorder:
            assert recorder.stdout is not None
            recorder.stdout.readline()
            base_url = recorder.stdout.readline().partition("base URL to")[2].split()[0]
            headers = {"X-API-Key": world.api_key}
            urllib.request.urlopen(urllib.request.Request(base_url + "/tasks", headers=headers)).close()
            recorder.terminate()
            assert recorder.wait(TIMEOUT) == 0
    assert "/tasks" in capsule.read_text()


def test_the_fixture_runs_a_worker(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_worker.py").write_text(
        "import sys\n"
        "def test_with_fixture(worker_api):\n"
        "    assert worker_api.run([sys.executable, '-c', 'raise SystemExit(3)']).exit_code == 3\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = run([*words, "test_worker.py"], environment, tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
