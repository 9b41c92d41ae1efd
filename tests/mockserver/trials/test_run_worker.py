"""The function run_worker: one worker, one scenario, one verdict."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workerkit.mockserver.trials.run_worker import run_worker
from workerkit.mockserver.workers.command import CommandNotFoundError
from workerkit.scenarios.fields.duration import DurationError
from workerkit.scenarios.library import library

WORKER = Path(__file__).parents[2] / "examples" / "worker.py"


def test_a_careful_worker_passes() -> None:
    verdict = run_worker(library.find("quiet-day"), [sys.executable, str(WORKER)], time_limit="240s")
    assert (verdict.scenario, verdict.passed, verdict.broken) == ("quiet-day", True, ())


def test_a_worker_that_does_nothing_fails_in_a_scenario_by_name() -> None:
    verdict = run_worker("quiet-day", [sys.executable, "-c", ""])
    assert not verdict.passed
    assert "tasks-ended" in {violation.rule for violation in verdict.broken}


def test_the_time_limit_stops_the_worker() -> None:
    source = "import time\nwhile True: time.sleep(60)"
    assert not run_worker("quiet-day", [sys.executable, "-c", source], time_limit="500ms").passed


def test_a_wrong_call_says_what_is_wrong() -> None:
    with pytest.raises(CommandNotFoundError, match="no-such-worker"):
        run_worker("quiet-day", ["no-such-worker"])
    with pytest.raises(DurationError, match="is not a duration"):
        run_worker("quiet-day", [sys.executable], time_limit="30")
    with pytest.raises(library.NoSuchScenarioError, match="did you mean"):
        run_worker("quiet-dy", [sys.executable])
