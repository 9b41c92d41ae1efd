"""The Locust user, in a process of Locust: importing Locust replaces the sockets of a process."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.contracts.fleet.locust_processes import run_locust
from workerkit.mockserver import MockServer
from workerkit.openapi.spec.api import worker_api

PROJECT = Path(__file__).parents[3] / "pyproject.toml"
_WITHOUT_LOCUST = (
    "import sys, workerkit.contracts.fleet as fleet; print(fleet.__all__, 'locust' in sys.modules)"
)


def test_locust_is_imported_only_when_it_is_used() -> None:
    child = [sys.executable, "-c", _WITHOUT_LOCUST]
    done = subprocess.run(child, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "['WorkerUser'] False\n"


def test_a_run_in_one_process(tmp_path: Path) -> None:
    with MockServer() as mock, mock.new_world() as api:
        fleet = ("--users", "3", "--spawn-rate", "3", "--worlds", "2", "--tasks", "4", "--run-time", "2s")
        run = run_locust(tmp_path, "--host", api.base_url, *fleet)
    assert (run.exit_code, run.failures, run.report["verdict"]) == (0, 0, "pass"), run.output
    assert run.report["tasks"] == {"listed": 12, "reported": 12, "lost": 0, "doubled": 0}
    assert sum(int(entry["num_requests"]) for entry in run.stats) == run.report["requests"]


@pytest.mark.long
def test_a_wrong_option_ends_locust(tmp_path: Path) -> None:
    run = run_locust(tmp_path, "--host", "http://127.0.0.1:8080")
    assert (run.exit_code, run.report) == (2, {})
    assert f"does not end in {worker_api().base_path}" in run.output


@pytest.mark.long
def test_a_mock_that_does_not_answer_ends_locust(tmp_path: Path) -> None:
    run = run_locust(tmp_path, "--host", f"http://127.0.0.1:9{worker_api().base_path}", "--run-time", "60s")
    assert run.exit_code == 3, run.output
    assert "does not answer (ConnectionError)" in run.output


@pytest.mark.long
def test_more_users_than_keys_end_locust(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("key\n", "utf-8")
    host = f"http://127.0.0.1:9{worker_api().base_path}"
    run = run_locust(tmp_path, "--host", host, "--keys-file", str(keys), "--users", "2", "--run-time", "60s")
    assert run.exit_code == 2, run.output
    assert "has 1 keys, and --users is 2" in run.output


@pytest.mark.long
def test_a_server_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("key\n", "utf-8")
    host = f"http://127.0.0.1:9{worker_api().base_path}"
    run = run_locust(tmp_path, "--host", host, "--keys-file", str(keys), "--users", "1", "--run-time", "5s")
    assert (run.exit_code, run.report["verdict"]) == (1, "fail"), run.output
    assert run.failures > 0


def test_locust_is_not_in_all() -> None:
    """Locust adds an option to each run of pytest, and it allows fewer versions of other packages."""
    extras = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(requirement.startswith("locust") for requirement in extras["locust"])
    assert not any("locust" in requirement for requirement in extras["all"])
