"""Hunts of real workers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mockserver.trials.test_trial import worker
from workerkit.mockserver.hunt.broken_rule import broken_rules
from workerkit.mockserver.hunt.hunt import run_hunt
from workerkit.mockserver.hunt.hunt_folder import HuntFolder
from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.hunt.hunt_report import found_text, hunt_json, hunt_report
from workerkit.mockserver.hunt.hunt_result import HuntFinding, HuntResult
from workerkit.mockserver.reports.report import Outcome
from workerkit.mockserver.trials.trial import Trial
from workerkit.scenarios.hunt.attempt import Attempt
from workerkit.scenarios.library import library

# Repeats everything, except a completion that is answered with a status of FORGETS.
FORGETFUL = """
import time
def repeated(method, path, body=None):
    while True:
        try:
            status, answer = send(method, path, body)
        except (OSError, ValueError):
            status, answer = 500, None
        if status < 500 and status not in (401, 429):
            return status, answer
        if body and body.get("status") == "completed" and status in FORGETS:
            return status, answer
        time.sleep(0.2)
repeated("POST", "/health", {"server_name": "server-01"})
while tasks := repeated("GET", "/tasks?status=pending,queued")[1]["data"]:
    for task in tasks:
        for status in ("running", "completed"):
            links = {"link_profile": "https://example.com/" + task["id"]} if status == "completed" else {}
            repeated("PUT", "/tasks/" + task["id"], {"status": status, **links})
"""
BREAKS_AT_503 = worker(f"FORGETS = (500, 503){FORGETFUL}")
BREAKS_UNDISTURBED = worker('send("GET", "/tasks?status=nonsense")')


@pytest.fixture(scope="module")
def result() -> HuntResult:
    """The result of a hunt that finds something in its first trial."""
    return run_hunt(HuntPlan(tuple(BREAKS_AT_503), jobs=2, needed=2, repetitions=2, time_limit=120.0))


def test_the_first_trouble_that_breaks_a_rule_is_found_and_made_small(result: HuntResult) -> None:
    finding = result.finding
    assert finding is not None
    assert (finding.rule, finding.number, finding.attempt.name) == ("result-repeated", 1, "completion-1-5xx")
    assert (finding.broken, finding.repetitions, result.trials) == (2, 2, 1)
    assert finding.attempt.story[0] == "The worker has 1 task."
    assert len(finding.trial.run.own_tasks()) == 1
    assert not result.passed


def test_the_report_shows_the_undisturbed_run_and_the_finding(result: HuntResult) -> None:
    report, json = hunt_report(result, began=0.0), hunt_json(result)
    assert [(case.name, case.outcome) for case in report.cases] == [
        ("undisturbed", Outcome.PASS),
        ("completion-1-5xx", Outcome.FAIL),
    ]
    assert report.causes[0].finding.rule == "result-repeated"
    assert report.summary == (
        "worker verdict: fail (completion-1-5xx breaks result-repeated in 2 of 2 repetitions)"
    )
    assert (json["verdict"], json["trials"], json["end"]) == ("fail", 1, "a rule was broken")
    assert json["finding"]["scenario"]["broken"][0]["rule"] == "result-repeated"
    assert "reports task 2 as completed" in json["slots"]
    assert result.finding is not None
    assert found_text(result.finding).splitlines() == [
        "Found in trial 1: the worker breaks result-repeated in 2 of 2 repetitions.",
        "  The worker has 1 task.",
        "  When the worker reports task 1 as completed, the answer is 503.",
    ]


def test_a_finding_becomes_a_scenario_and_a_test_that_a_later_hunt_tries_first(
    result: HuntResult, tmp_path: Path
) -> None:
    folder, plan = HuntFolder(tmp_path / "hunts"), HuntPlan(tuple(BREAKS_AT_503), time_limit=120.0)
    assert result.finding is not None
    assert folder.save(result.finding, plan).startswith(f"Wrote {tmp_path}/hunts/completion-1-5xx.yaml and ")
    (scenario,) = folder.scenarios()
    assert scenario.expect[0].rule == "result-repeated"
    assert library.expand(str(tmp_path / "hunts")) == (f"{tmp_path}/hunts/completion-1-5xx.yaml",)
    test = tmp_path / "hunts" / "test_completion_1_5xx.py"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(test)], capture_output=True, text=True
    )
    assert "never reported this result again" in ended.stdout
    assert "1 failed" in ended.stdout
    folder.save(result.finding, plan)
    assert (tmp_path / "hunts" / "completion-1-5xx-2.yaml").exists()


def test_a_saved_scenario_is_tried_first_and_not_saved_again(result: HuntResult, tmp_path: Path) -> None:
    folder = HuntFolder(tmp_path)
    assert result.finding is not None
    plan = HuntPlan(tuple(BREAKS_AT_503), needed=1, repetitions=1, time_limit=120.0)
    folder.save(result.finding, plan)
    saved = folder.scenarios()
    again = run_hunt(
        HuntPlan(tuple(BREAKS_AT_503), needed=1, repetitions=1, saved=saved, time_limit=120.0, rules=())
    )
    assert again.finding is not None
    assert again.finding.attempt.story == ("When the worker reports task 1 as completed, the answer is 503.",)
    assert "saved by an earlier hunt" in folder.save(again.finding, plan)
    assert len(list(tmp_path.glob("*.yaml"))) == 1


def test_a_worker_that_fails_undisturbed_is_not_hunted() -> None:
    result = run_hunt(HuntPlan(tuple(BREAKS_UNDISTURBED), time_limit=120.0))
    assert (result.trials, result.finding, result.passed) == (0, None, False)
    report = hunt_report(result, began=0.0)
    assert report.summary == (
        "worker verdict: fail (no trouble was tried: the worker breaks a rule although nothing goes wrong)"
    )
    assert report.causes


def test_a_worker_that_cannot_run_beside_itself_is_not_blamed(tmp_path: Path) -> None:
    # The worker exits with an error while another process of it runs, or if one has been killed. From its
    # second run on, it waits for another process, so that they meet on a busy machine, too.
    lock = f"""
import atexit, os, time
from pathlib import Path
folder = Path({str(tmp_path)!r})
try:
    (folder / "lock").mkdir()
except FileExistsError:
    (folder / "met").touch()
    raise
atexit.register((folder / "lock").rmdir)
deadline = time.monotonic() + 60
while (folder / "traced").exists() and not (folder / "met").exists() and time.monotonic() < deadline:
    time.sleep(0.01)
(folder / "traced").touch()
FORGETS = ()
"""
    words = tuple(worker(lock + FORGETFUL))
    result = run_hunt(HuntPlan(words, jobs=3, trials=1, time_limit=120.0))
    assert (result.trials, result.finding) == (0, None)
    assert result.end == "the worker breaks a rule when it runs several times at once. Use --jobs 1"
    assert not result.trace.verdict.passed


def test_a_wanted_rule_without_an_occasion_is_reported() -> None:
    plan = HuntPlan(tuple(BREAKS_AT_503), trials=1, rules=("log-levels", "pause-on-5xx"), time_limit=120.0)
    result = run_hunt(plan)
    assert [unjudged.rule for unjudged in result.without_occasion] == ["log-levels"]
    notes = [note.text for note in hunt_report(result, began=0.0).folded_notes]
    assert any(
        note.startswith("No trial gave the worker an occasion to break log-levels: ") for note in notes
    )
    assert hunt_json(result)["without_occasion"] == ["log-levels"]


def test_only_the_wanted_rules_count_and_the_search_ends_after_its_trials() -> None:
    result = run_hunt(
        HuntPlan(tuple(BREAKS_AT_503), trials=2, jobs=2, rules=("log-levels",), time_limit=120.0)
    )
    assert (result.finding, result.trials, result.end) == (None, 2, "all trials were used")
    assert result.passed
    assert {cell.trouble for cell in result.coverage.grid if cell.scenarios} == {"5xx", "answer-lost"}


def test_a_finding_that_does_not_come_again_is_not_confirmed(tmp_path: Path) -> None:
    # The worker forgets a result only in its first two runs: the undisturbed one, and the first trial.
    once = f"""
import pathlib
counter = pathlib.Path({str(tmp_path / "runs")!r})
counter.write_text(counter.read_text() + "x" if counter.exists() else "x")
FORGETS = (503,) if counter.read_text() == "xx" else ()
"""
    plan = HuntPlan(tuple(worker(once + FORGETFUL)), trials=1, needed=1, repetitions=2, time_limit=120.0)
    news: list[str] = []
    result = run_hunt(plan, on_news=news.append)
    assert result.finding is None
    (unconfirmed,) = result.unconfirmed
    assert (unconfirmed.rule, unconfirmed.times_text) == ("result-repeated", "in 0 of 2 repetitions")
    assert news[-1] == "result-repeated was broken in 0 of 2 repetitions: not confirmed."
    assert any(
        note.text.startswith("Not confirmed: trial 1") for note in hunt_report(result, began=0).folded_notes
    )


def test_a_smaller_scenario_that_is_not_broken_again_is_not_the_finding(tmp_path: Path) -> None:
    # With fewer than eight tasks, the worker forgets a result only in its fifth and sixth run: these are the
    # runs in which the hunt tries two tasks, and not those in which it repeats them.
    forgets = f"""
import pathlib
runs = pathlib.Path({str(tmp_path / "runs")!r})
is_small = len(send("GET", "/tasks?status=pending,queued")[1]["data"]) < 8
if is_small:
    runs.write_text((runs.read_text() if runs.exists() else "") + "x")
FORGETS = (503,) if not is_small or runs.read_text() in ("xxxxx", "xxxxxx") else ()
"""
    plan = HuntPlan(tuple(worker(forgets + FORGETFUL)), trials=1, time_limit=120.0)
    finding = run_hunt(plan).finding
    assert isinstance(finding, HuntFinding)
    assert isinstance(finding.attempt, Attempt)
    assert (finding.attempt.tasks, finding.attempt.failing_tasks, finding.broken) == (8, 0, 3)
    assert len((tmp_path / "runs").read_text()) > 6


def test_ctrl_c_ends_a_hunt_with_what_it_has() -> None:
    def interrupt(attempt: object, trial: object) -> None:
        names.append(attempt.name)  # type: ignore[attr-defined]
        if len(names) == 2:
            raise KeyboardInterrupt

    names: list[str] = []
    result = run_hunt(HuntPlan(tuple(BREAKS_AT_503), time_limit=120.0), on_trial=interrupt)
    assert (result.is_interrupted, result.finding, result.end) == (True, None, "it was interrupted")
    assert names == ["undisturbed", "completion-2-5xx"]


def test_a_worker_that_is_still_at_work_at_the_time_limit_is_only_slow(result: HuntResult) -> None:
    assert result.finding is not None
    trial = result.finding.trial
    last = trial.run.own_exchanges[-1]

    def at_limit(seconds_later: float) -> Trial:
        run = replace(trial.run, ended_by="time-limit", recorded_at=last.ended + seconds_later)
        return replace(trial, run=run)

    assert broken_rules(trial) == broken_rules(at_limit(10.0)) == ("result-repeated",)
    assert broken_rules(at_limit(1.0)) == ()
    # It reports nothing for 9 s, but it still sends other requests.
    heartbeat = replace(
        trial.run.exchanges[0], number=last.number + 1, began=last.ended, ended=last.ended + 9
    )
    busy = replace(at_limit(10.0).run, exchanges=(*trial.run.exchanges, heartbeat))
    assert broken_rules(replace(trial, run=busy)) == ()
