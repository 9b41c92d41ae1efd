"""The end of a run: what a worker sends after it, and how its processes end."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.mockserver.trials.test_trial import TIME_LIMIT, broken_rules, worker
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.trials.trial_report import case_of
from workerkit.mockserver.workers import worker_run
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

# At SIGTERM the worker opens its tasks again and logs a password with an unknown level. Then it exits.
LEAVES_BADLY = """
def leave(*_):
    for task in send("GET", "/tasks?status=completed")[1]["data"]:
        send("PUT", "/tasks/" + task["id"], {"status": "running"})
        send("POST", "/logs", {"logs": [{"level": "WARNING", "message": task["password"]}]})
    sys.exit(7)
signal.signal(signal.SIGTERM, leave)
"""
LATE_RULES = ["log-levels", "no-secrets-in-logs"]


@pytest.fixture(scope="module")
def two_tasks() -> Scenario:
    """A scenario that is over as soon as its two tasks are done."""
    source = """
title: Two tasks
about: Nothing happens.
world: {servers: [server-01], tasks: [{count: 2, server: server-01}]}
expect: [tasks-ended]
until: {tasks: ended, quiet: 10ms}
"""
    return loader.parse(source.encode(), name="two-tasks.yaml")


def test_requests_after_the_end_break_only_rules_about_requests(two_tasks: Scenario) -> None:
    source = f"{LEAVES_BADLY}complete_all()\nwait_for_signals()"
    trial = try_worker(two_tasks, worker(source), time_limit=TIME_LIMIT)
    assert (trial.run.ended_by, broken_rules(trial)) == ("until", LATE_RULES)
    assert {task["status"] for task in trial.run.own_tasks()} == {"completed"}
    assert [exchange.operation for exchange in trial.run.leaving].count("sendLogs") == 2


def test_a_worker_that_does_nothing_more_leaves_by_itself_before_sigterm(two_tasks: Scenario) -> None:
    source = """
signal.signal(signal.SIGTERM, signal.SIG_DFL)
complete_all()
if not signal.sigtimedwait([signal.SIGUSR1], 0.2):
    send("POST", "/logs", {"logs": [{"level": "TRACE", "message": "bye"}]})
print("left by itself")
"""
    trial = try_worker(two_tasks, worker(source), time_limit=TIME_LIMIT)
    assert broken_rules(trial) == ["log-levels"]
    assert trial.output == "left by itself\n"


def test_the_time_limit_is_such_an_end_too(
    two_tasks: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = tmp_path / "ready"
    monkeypatch.setattr(
        worker_run, "steady_seconds", lambda: math.inf if ready.exists() else steady_seconds()
    )
    source = f"""
{LEAVES_BADLY.replace("completed", "pending")}
send("POST", "/health", {{}})
open({str(ready)!r}, "w").close()
wait_for_signals()
"""
    trial = try_worker(two_tasks, worker(source), time_limit=TIME_LIMIT)
    assert trial.run.ended_by == "time-limit"
    assert broken_rules(trial) == ["tasks-ended", *LATE_RULES]


def test_the_report_shows_requests_after_the_end(two_tasks: Scenario) -> None:
    source = f"{LEAVES_BADLY}complete_all()\nwait_for_signals()"
    trial = try_worker(two_tasks, worker(source), time_limit=TIME_LIMIT)
    case = case_of(trial)
    (finding, _) = case.findings
    assert "/api/v1/worker/logs -> 400" in finding.lines[0]
    assert case.timeline is not None
    texts = [row.text for row in case.timeline.rows]
    assert texts.index("run-over") < max(index for index, text in enumerate(texts) if "/logs" in text)


def test_a_worker_that_ignores_sigterm_is_killed_after_the_grace_period(two_tasks: Scenario) -> None:
    source = "signal.signal(signal.SIGTERM, signal.SIG_IGN); complete_all()\nwait_for_signals()"
    trial = try_worker(two_tasks, worker(source), time_limit=TIME_LIMIT, grace=0.1)
    assert (trial.verdict.passed, trial.run.exit_code) == (True, None)


# A worker that waits for an answer that never comes

ONE_HANGS = """
title: One request hangs
about: The first list is never answered.
world: {servers: [server-01], tasks: [{count: 2, server: server-01}]}
when: [{call: 1, do: [{add-fault: {fault: hang, operation: listTasks, nth: 1}}]}]
expect: [tasks-ended]
"""
WAITS = """
import contextlib, socket
def wait_for_a_list(seconds):
    with contextlib.suppress(OSError):
        socket.setdefaulttimeout(seconds)
        send("GET", "/tasks")
    socket.setdefaulttimeout(None)
send("POST", "/health", {})
"""


def test_the_time_limit_does_not_count_the_time_until_a_timeout() -> None:
    scenario = loader.parse(ONE_HANGS.encode(), name="one-hangs.yaml")
    source = f"{WAITS}wait_for_a_list(7)\ncomplete_all()"
    trial = try_worker(scenario, worker(source), time_limit=6.0)
    assert (trial.run.ended_by, trial.verdict.passed) == ("exit", True)


# A worker that does nothing more

POLLS = """
send("POST", "/health", {})
send("PUT", "/tasks/" + send("GET", "/tasks")[1]["data"][0]["id"], {"status": "running"})
if BAD: send("POST", "/logs", {"logs": [{"level": "TRACE", "message": "begun"}]})
while True:
    send("GET", "/tasks?status=pending")
    signal.sigtimedwait([signal.SIGUSR1], 0.15)
"""
HALF_A_SECOND = 0.5 / TIME_LIMIT


def test_a_worker_that_only_polls_is_not_waited_for(
    two_tasks: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_run, "_IDLE_PART", HALF_A_SECOND)
    monkeypatch.setattr(worker_run, "_IDLE_PART_AFTER_FAILURE", HALF_A_SECOND)
    trial = try_worker(two_tasks, worker(f"BAD = False\n{POLLS}"), time_limit=TIME_LIMIT)
    assert (trial.run.ended_by, broken_rules(trial)) == ("idle", ["tasks-ended"])
    assert "done nothing more for half of the time limit" in trial.verdict.broken[0].message
    assert any("it only read the list" in note for note in case_of(trial).notes)


def test_after_a_failure_a_worker_that_only_polls_is_waited_for_a_shorter_time(
    two_tasks: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_run, "_IDLE_PART_AFTER_FAILURE", HALF_A_SECOND)
    trial = try_worker(two_tasks, worker(f"BAD = True\n{POLLS}"), time_limit=TIME_LIMIT)
    assert (trial.run.ended_by, broken_rules(trial)) == ("failed", ["log-levels"])
    assert any("had failed already" in note for note in case_of(trial).notes)
