"""Trials: the command of a worker runs through a scenario and is judged."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest

from tests.workers.mutants import scenario
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.workers.command import CommandNotFoundError
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker.py"
TIME_LIMIT = 120.0

# The first lines of every worker. `send(method, path, body, key)` returns the status and the answer as JSON.
# `wait_for_signals` waits where there is no signal.pause, too.
CLIENT = """
import functools, json, os, signal, sys, threading, urllib.error, urllib.request
def wait_for_signals():
    while True: threading.Event().wait(0.1)
print = functools.partial(print, flush=True)
KEY = os.environ["LIKEPION_API_KEY"]
def send(method, path, body=None, key=KEY):
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["LIKEPION_BASE_URL"] + path
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
def complete_all():
    send("POST", "/health", {})
    for task in send("GET", "/tasks")[1]["data"]:
        for status in ("running", "completed"):
            send("PUT", "/tasks/" + task["id"], {"status": status})
"""


def worker(source: str) -> list[str]:
    return [sys.executable, "-c", CLIENT + source]


@pytest.fixture(scope="module")
def quiet_day() -> Scenario:
    """A scenario with three tasks and no failures. It is over when the tasks are done."""
    source = """
title: A quiet day
about: Nothing happens.
world:
  servers:
    - {name: server-07, status: active}
    - {name: server-08, status: online}
  tasks:
    - {count: 3, server: server-07}
    - {count: 1, server: server-08}
expect: [tasks-ended]
until: {tasks: ended, quiet: 10ms}
"""
    return loader.parse(source.encode(), name="quiet-day.yaml")


def broken_rules(trial: Trial) -> list[str]:
    return [violation.rule for violation in trial.verdict.broken]


# The example worker


def test_the_example_worker_passes_key_revoked() -> None:
    trial = try_worker(library.find("key-revoked"), [sys.executable, str(EXAMPLE)], time_limit=TIME_LIMIT)
    assert (trial.verdict.passed, trial.verdict.broken) == (True, ())
    assert [(event.kind, event.subject) for event in trial.run.events] == [
        ("revoke-key", "server-01"),
        ("restore-key", "server-01"),
    ]
    statuses = [task["status"] for task in trial.run.own_tasks()]
    assert (statuses.count("completed"), statuses.count("failed")) == (56, 4)


def test_the_example_worker_without_its_pause_fails_for_that_reason_alone(tmp_path: Path) -> None:
    source = EXAMPLE.read_text("utf-8")
    assert source.count("        pause(attempt)\n") == 1
    copy = tmp_path / "worker.py"
    copy.write_text(source.replace("        pause(attempt)\n", ""), "utf-8")
    trial = try_worker(scenario("long-revoked"), [sys.executable, str(copy)], time_limit=TIME_LIMIT)
    assert (trial.verdict.passed, broken_rules(trial)) == (False, ["pause-on-401"])
    (violation,) = trial.verdict.broken
    statuses = {exchange.number: exchange.status for exchange in trial.run.exchanges}
    assert {statuses[number] for number in violation.exchanges} == {401}


# How a trial ends


def test_a_trial_is_over_when_its_until_holds(quiet_day: Scenario) -> None:
    trial = try_worker(quiet_day, worker("complete_all(); wait_for_signals()"), time_limit=TIME_LIMIT)
    assert (trial.verdict.passed, trial.run.ended_by, trial.run.exit_code) == (True, "until", None)


def test_a_trial_is_over_when_the_command_exits(quiet_day: Scenario) -> None:
    trial = try_worker(quiet_day, worker("send('GET', '/tasks'); sys.exit(3)"), time_limit=TIME_LIMIT)
    assert (trial.run.ended_by, trial.run.exit_code) == ("exit", 3)
    assert sorted(broken_rules(trial)) == ["process-not-crashed", "tasks-ended"]


def test_a_trial_is_over_at_the_time_limit(quiet_day: Scenario) -> None:
    trial = try_worker(quiet_day, worker("wait_for_signals()"), time_limit=0.2)
    assert (trial.run.ended_by, trial.run.exit_code) == ("time-limit", None)
    assert broken_rules(trial) == ["tasks-ended"]
    assert 0.2 <= trial.seconds < TIME_LIMIT


def test_parts_of_a_scenario_that_were_not_reached_are_listed_without_secrets() -> None:
    source = """
title: A day that ends early
about: The worker leaves before anything happens.
world: {servers: [{name: server-07}], tasks: [{count: 1, server: server-07}]}
when:
  - {match: {operation: listTasks, query: {service_type: server-07-key}}, do: [{revoke-key: server-07}]}
"""
    scenario = loader.parse(source.encode(), name="early.yaml")
    trial = try_worker(scenario, worker("send('GET', '/tasks')"), time_limit=TIME_LIMIT)
    (part,) = trial.not_reached
    assert part.startswith("never happened: ")
    assert "(match operation: listTasks" in part
    assert "server-07-key" not in part


def test_a_trial_that_is_stopped_has_no_verdict(quiet_day: Scenario) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(RunStoppedError):
        try_worker(quiet_day, worker("wait_for_signals()"), time_limit=TIME_LIMIT, stop=stop)


def test_a_command_that_does_not_exist_has_no_verdict(quiet_day: Scenario) -> None:
    with pytest.raises(CommandNotFoundError, match="no-such-worker was not found"):
        try_worker(quiet_day, ["no-such-worker"], time_limit=TIME_LIMIT)


# The environment and the words of the command


def test_the_command_finds_its_api_and_its_name_in_the_environment(quiet_day: Scenario) -> None:
    names = ("LIKEPION_BASE_URL", "LIKEPION_API_KEY", "LIKEPION_SERVER_NAME")
    source = f"""
url, key, name = [os.environ[name] for name in {names}]
assert url.startswith("http://127.0.0.1:") and url.endswith("/api/v1/worker"), url
assert name == "server-07", name
status, page = send("GET", "/tasks")
assert (status, page["server_name"], page["total"]) == (200, name, 3), page
complete_all()
"""
    trial = try_worker(quiet_day, worker(source), time_limit=TIME_LIMIT)
    assert trial.verdict.passed, trial.output


def test_url_and_key_are_filled_into_the_command(quiet_day: Scenario) -> None:
    source = """
assert sys.argv[1] == "--at=" + os.environ["LIKEPION_BASE_URL"] + "/tasks", sys.argv
assert sys.argv[2] == KEY + KEY, sys.argv
assert sys.argv[3] == "{other}{", sys.argv
complete_all()
"""
    words = [*worker(""), "--at={base_url}/tasks", "{api_key}{api_key}", "{other}{"]
    words[2] = CLIENT + source
    trial = try_worker(quiet_day, words, time_limit=TIME_LIMIT)
    assert trial.verdict.passed, trial.output


# The record of the trial


def test_the_output_of_the_worker_is_kept_without_secrets(quiet_day: Scenario) -> None:
    source = """
task = send("GET", "/tasks")[1]["data"][0]
print("begun", KEY, task["password"], task["email"])
print("to standard error", KEY, file=sys.stderr)
print("password was", json.dumps(task["password"]))
complete_all()
"""
    trial = try_worker(quiet_day, worker(source), time_limit=TIME_LIMIT)
    assert trial.output.count("<key ") == 2
    assert trial.output.count("<password ") == 2
    assert "begun <key" in trial.output
    assert not [secret for secret in ("server-07-key", "@mail.example", "pass-") if secret in trial.output]


def test_each_exchange_is_kept_in_a_line_without_secrets(quiet_day: Scenario) -> None:
    source = "send('GET', '/tasks?service_type=' + KEY); send('GET', '/' + KEY); complete_all()"
    trial = try_worker(quiet_day, worker(source), time_limit=TIME_LIMIT)
    assert len(trial.lines) == len(trial.run.exchanges) >= 6
    assert trial.lines[0].startswith("GET /api/v1/worker/tasks?service_type=<key ")
    assert "the API has no path /api/v1/worker/<key " in trial.lines[1]
    assert "server-07-key" not in "".join(trial.lines)


def test_requests_without_the_workers_key_belong_to_the_trial(quiet_day: Scenario) -> None:
    trial = try_worker(
        quiet_day, worker("send('GET', '/tasks', key='old'); complete_all()"), time_limit=TIME_LIMIT
    )
    assert (trial.run.exchanges[0].status, trial.run.exchanges[0].server) == (401, None)


def test_the_run_has_the_tasks_as_they_are_at_the_end(quiet_day: Scenario) -> None:
    trial = try_worker(quiet_day, worker("complete_all()"), time_limit=TIME_LIMIT)
    assert [(task["server"], task["status"]) for task in trial.run.tasks] == [
        ("server-07", "completed"),
        ("server-07", "completed"),
        ("server-07", "completed"),
        ("server-08", "pending"),
    ]
    assert (trial.run.server, trial.run.scenario) == ("server-07", quiet_day)


def test_each_trial_has_a_world_of_its_own(quiet_day: Scenario) -> None:
    source = "print(json.dumps([task['id'] for task in send('GET', '/tasks')[1]['data']])); complete_all()"
    trials = [try_worker(quiet_day, worker(source), time_limit=TIME_LIMIT) for _ in range(2)]
    first, second = (json.loads(trial.output) for trial in trials)
    assert first == second
    assert len(first) == 3
