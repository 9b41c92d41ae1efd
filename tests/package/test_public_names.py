"""What users may import: the names, their types, and that nothing is imported before it is used.

mypy checks the types. An unused `type: ignore` would be an error: a name that does not exist is one, too.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import assert_type

import pytest

import workerkit
import workerkit.contracts
import workerkit.mockserver
import workerkit.scenarios
from workerkit.contracts import Plan, Report, Target, conform
from workerkit.mockserver import MockServer, WorkerApi, run_worker
from workerkit.scenarios import Scenario, judge, load
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.run import Run

NAMES = {
    "workerkit": {"__version__"},
    "workerkit.mockserver": {"MockServer", "WorkerApi", "run_worker"},
    "workerkit.scenarios": {"Scenario", "judge", "load"},
    "workerkit.contracts": {"Plan", "Report", "Target", "conform"},
}
MODULES = """
import sys
before = set(sys.modules)
import workerkit.mockserver, workerkit.scenarios, workerkit.contracts
print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_package_exports_exactly_these_names(name: str) -> None:
    package = import_module(name)
    assert set(package.__all__) == NAMES[name]
    assert all(getattr(package, exported) for exported in package.__all__)


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'workerkit\.mockserver' has no attribute 'Mock'"):
        _ = workerkit.mockserver.Mock  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="module 'workerkit' has no attribute 'version'"):
        _ = workerkit.version  # type: ignore[attr-defined]


def test_nothing_is_imported_before_a_name_is_used() -> None:
    child = [sys.executable, "-c", MODULES]
    done = subprocess.run(child, capture_output=True, text=True, check=True, timeout=120)
    expected = {*NAMES, "workerkit.lazy_names"}
    assert {name for name in done.stdout.split() if name.startswith("workerkit")} == expected
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {"workerkit", *sys.stdlib_module_names}


def test_the_version_is_that_of_the_distribution() -> None:
    assert_type(workerkit.__version__, str)
    assert workerkit.__version__ == importlib.metadata.version("likepion-workerkit")


def test_type_checkers_see_the_types() -> None:
    assert_type(load("quiet-day"), Scenario)
    make_world: Callable[[MockServer, Scenario], WorkerApi] = MockServer.new_world
    judge_run: Callable[[Run], Verdict] = judge
    judge_worker: Callable[[Scenario, Sequence[str]], Verdict] = run_worker
    test_server: Callable[[Target, Plan], Report] = conform
    assert all((make_world, judge_run, judge_worker, test_server))
