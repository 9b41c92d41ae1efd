"""The slices of the benchmark. Each runs a worker many times and returns one row."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.hunt.slice_row import SliceRow
from benchmarks.soundness.busy import all_cores_busy
from tests.workers.careful_workers import WorkerCommand
from tests.workers.mutants import Mutant
from workerkit.mockserver.hunt.broken_rule import broken_rules
from workerkit.mockserver.hunt.hunt import run_hunt
from workerkit.mockserver.hunt.hunt_folder import HuntFolder
from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.hunt.hunt_result import HuntFinding, HuntResult
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.hunt.attempt import Attempt
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

SCHEDULES = Path(__file__).with_name("schedules")
# The time limit of one trial, the default of `workerkit hunt`.
_LIMIT = 30.0
# The time of a search is left out of the measurement: on a busy machine the trials are slower.
_NO_LIMIT = 24 * 3600.0
_TIMES = 10
_BUSY_TRIALS = 100


def schedule_slice(bug: Mutant, jobs: int) -> SliceRow:
    """Runs the schedule that was written by hand. Only the worker with the bug breaks the rule."""
    scenario = loader.read(SCHEDULES / f"{bug.scenario}.yaml")
    with tempfile.TemporaryDirectory() as folder:
        broken = _broken(scenario, bug.words(Path(folder)))
    blamed = _broken(scenario, bug.original_words())
    passed = bug.rule in broken and not blamed
    without = f", without it {', '.join(blamed)}" if blamed else ""
    return SliceRow(
        "schedule", bug.name, 0, passed, f"breaks {', '.join(broken) or 'nothing'} with the bug{without}"
    )


def library_slice(bug: Mutant, jobs: int) -> SliceRow:
    """Runs the worker with the bug in all scenarios of the library. None finds the bug."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        words = bug.words(Path(folder))
        names = library.names()
        results = pool.map(lambda name: _broken(library.find(name), words), names)
        found = [f"{name}: {', '.join(rules)}" for name, rules in zip(names, results, strict=True) if rules]
    text = f"{len(names)} scenarios, found in {'; '.join(found) or 'none'}"
    return SliceRow("library", bug.name, 0, not found, text, len(names))


def hunt_slice(bug: Mutant, jobs: int, seed: int) -> SliceRow:
    """Searches for the bug with the default number of trials, and runs the scenario that the hunt writes."""
    with tempfile.TemporaryDirectory() as folder:
        plan = HuntPlan(bug.words(Path(folder)), jobs=jobs, seed=seed, seconds=_NO_LIMIT, time_limit=_LIMIT)
        result = run_hunt(plan)
        row = SliceRow("hunt", bug.name, seed, False, f"not found: {result.end}", result.trials)
        if result.finding is None:
            return row
        scenario = _written(result.finding, plan, Path(folder) / "written")
        with ThreadPoolExecutor(jobs) as pool:
            broken = list(pool.map(lambda _: _broken(scenario, plan.words), range(_TIMES)))
            blamed = list(pool.map(lambda _: _broken(scenario, bug.original_words()), range(_TIMES)))
    with_bug = sum(result.finding.rule in rules for rules in broken)
    without_bug = sum(not rules for rules in blamed)
    happenings = len(scenario.when)
    return replace(
        row,
        passed=(with_bug, without_bug) == (_TIMES, _TIMES) and happenings <= 2,
        text=f"{result.finding.rule}: {' '.join(result.finding.attempt.story)}",
        happenings=happenings,
        with_bug=with_bug,
        without_bug=without_bug,
    )


def careful_slice(worker: WorkerCommand, jobs: int) -> SliceRow:
    """Searches for a bug in a careful worker. There is none."""
    return _careful("careful", worker, HuntPlan(worker.words, jobs=jobs))


def careful_busy_slice(worker: WorkerCommand, jobs: int) -> SliceRow:
    """Searches for a bug in a careful worker, while other processes keep all cores busy."""
    with all_cores_busy():
        return _careful("careful-busy", worker, HuntPlan(worker.words, jobs=jobs, trials=_BUSY_TRIALS))


def timed(run: Callable[[], SliceRow]) -> SliceRow:
    """Returns the row of a slice, with the seconds that the slice took."""
    began = time.monotonic()
    return replace(run(), seconds=round(time.monotonic() - began, 1))


def _careful(kind: str, worker: WorkerCommand, plan: HuntPlan) -> SliceRow:
    result = run_hunt(replace(plan, seconds=_NO_LIMIT, time_limit=_LIMIT))
    return SliceRow(kind, worker.name, plan.seed, result.passed, _blame(result), result.trials)


def _blame(result: HuntResult) -> str:
    """Returns what a hunt of a careful worker says, with the messages of the rules."""
    findings = [("unconfirmed", finding) for finding in result.unconfirmed]
    if result.finding is not None:
        findings.append(("CONFIRMED", result.finding))
    if not result.trace.verdict.passed:
        return f"undisturbed: {'; '.join(broken.message for broken in result.trace.verdict.broken)}"
    lines = [f"{kind} {finding.rule} {finding.times_text}: {_details(finding)}" for kind, finding in findings]
    return " | ".join(lines) or "nothing found"


def _details(finding: HuntFinding) -> str:
    messages = [broken.message for broken in finding.trial.verdict.broken]
    return " ".join((*finding.attempt.story, *messages))


def _broken(scenario: Scenario, words: Sequence[str]) -> tuple[str, ...]:
    return broken_rules(try_worker(scenario, words, time_limit=_LIMIT))


def _written(finding: HuntFinding, plan: HuntPlan, folder: Path) -> Scenario:
    """Saves a finding as a user would, and returns the scenario of the file."""
    assert isinstance(finding.attempt, Attempt)
    files = HuntFolder(folder)
    files.save(finding, plan)
    (scenario,) = files.scenarios()
    return scenario
