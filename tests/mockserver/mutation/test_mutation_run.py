"""A test suite and a worker against mutants: what they notice."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from workerkit.mockserver.mutation.mutation_plan import MutationPlan, runs_pytest
from workerkit.mockserver.mutation.mutation_report import mutation_json, mutation_report
from workerkit.mockserver.mutation.mutation_run import (
    CallsNothingError,
    FailsUndisturbedError,
    run_mutation,
)
from workerkit.mockserver.mutation.own_process import run_in_own_process
from workerkit.mockserver.reports.report import Outcome
from workerkit.openapi.errors import CannotRunError
from workerkit.scenarios.library import library

HEAD = """
import json, os, sys, urllib.request

def call(base_url, key, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(base_url + path, data, headers, method=method)
    return json.load(urllib.request.urlopen(request))
"""
WITH_FIXTURE = """
def test_an_update_is_stored(worker_api):
    task = worker_api.add_task(status="pending")
    path = f"/tasks/{task['id']}"
    answer = call(worker_api.base_url, worker_api.api_key, "PUT", path, {"status": "running"})
    assert answer == {"success": True, "data": {"updated": True, "link_id": task["id"]}}
    assert worker_api.task(task["id"])["status"] == "running"
"""
WITHOUT_CHECKS = WITH_FIXTURE.replace("assert ", "")
WITH_ENVIRONMENT = """
base_url, key = os.environ["LIKEPION_BASE_URL"], os.environ["LIKEPION_API_KEY"]
page = call(base_url, key, "GET", "/tasks?limit=1")
if page["limit"] != 1 or len(page["data"]) != 1:
    raise SystemExit(1)
"""
OWN_SERVE = """
import pathlib, subprocess, tempfile

with tempfile.TemporaryDirectory() as folder:
    ready = pathlib.Path(folder, "ready.json")
    words = ["-m", "workerkit", "serve", "--port", "0", "--ready-file", str(ready)]
    mock = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE)
    mock.stdout.readline()
    addresses = json.loads(ready.read_text())
    page = call(addresses["base_url"], "server-01-key", "GET", "/tasks?limit=1")
    mock.kill()
    mock.communicate()
sys.exit(page["limit"] != 1 or len(page["data"]) > 1)
"""
OWN_EXEC = """
import subprocess

worker = '''
import os
from urllib.request import Request, urlopen

url, headers = os.environ["LIKEPION_BASE_URL"], {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
open("answer.json", "wb").write(urlopen(Request(url + "/tasks?limit=1", headers=headers)).read())
'''
words = ["exec", "--scenario", "quiet-day", "--", sys.executable, "-c", worker]
subprocess.run([sys.executable, "-m", "workerkit", *words], stdout=subprocess.DEVNULL)
sys.exit(json.load(open("answer.json"))["limit"] != 1)
"""
OWN_MOCK_SERVER = """
from workerkit.mockserver import MockServer

with MockServer() as mock:
    world = mock.new_world()
    world.add_task(status="pending")
    page = call(world.base_url, world.api_key, "GET", "/tasks?limit=1")
sys.exit(page["limit"] != 1)
"""
IN_A_HURRY = """
url, key = os.environ["LIKEPION_BASE_URL"], os.environ["LIKEPION_API_KEY"]
tasks = call(url, key, "GET", "/tasks")["data"]
items = [{"link_id": task["id"], "status": "canceled"} for task in tasks[:int(sys.argv[1])]]
call(url, key, "PUT", "/tasks/bulk", {"items": items})
"""
TWO_TASKS = """
title: Two tasks
about: Two tasks wait.
world: {servers: [server-01], tasks: [{count: 2, server: server-01, status: pending}]}
expect: [tasks-ended]
until: {tasks: ended}
"""

WORKER = str(Path(__file__).parents[2] / "examples" / "worker.py")
UPDATES = ("update-is-lost", "update-names-another-task", "logs-crash")
LISTS = ("limit-is-ignored", "answered-limit-is-the-maximum", "heartbeat-is-no-success")


def pytest_words(folder: Path, tests: str) -> tuple[str, ...]:
    (folder / "test_suite.py").write_text(HEAD + tests)
    return (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "test_suite.py"))


def texts(plan: MutationPlan) -> dict[str, str]:
    return {result.mutant.name: result.text for result in run_mutation(plan).results}


@pytest.mark.long  # starts a command several times
def test_a_suite_that_checks_everything_notices_what_it_reaches(tmp_path: Path) -> None:
    plan = MutationPlan(pytest_words(tmp_path, WITH_FIXTURE), mutants=UPDATES)
    result = run_mutation(plan)
    assert result.called == {"updateTask"}
    found = {row.mutant.name: row.text.rpartition("::")[2] for row in result.results}
    noticed = "test_an_update_is_stored"
    assert found == {UPDATES[0]: noticed, UPDATES[1]: noticed, UPDATES[2]: "not reached"}
    report, value = mutation_report(result), mutation_json(result)
    outcomes = {case.name: case.outcome for case in report.cases}
    assert outcomes == {UPDATES[0]: Outcome.PASS, UPDATES[1]: Outcome.PASS, UPDATES[2]: Outcome.SKIP}
    assert (report.outcome, value["verdict"], value["not_reached"]) == (Outcome.PASS, "pass", 1)


@pytest.mark.long  # starts a command several times
def test_a_suite_that_asserts_nothing_notices_nothing(tmp_path: Path) -> None:
    plan = MutationPlan(pytest_words(tmp_path, WITHOUT_CHECKS), mutants=UPDATES[:2])
    result = run_mutation(plan)
    assert (result.noticed, result.missed) == (0, 2)
    assert mutation_report(result).summary == (
        "mutate verdict: fail (0 of 2 server faults noticed, 0 not reached)"
    )


@pytest.mark.long  # starts a command several times
def test_a_suite_in_another_language_uses_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "suite.py"
    file.write_text(HEAD + WITH_ENVIRONMENT)
    plan = MutationPlan((sys.executable, str(file)), mutants=LISTS)
    assert texts(plan) == {
        LISTS[0]: "noticed by exit code 1",
        LISTS[1]: "noticed by exit code 1",
        LISTS[2]: "not reached",
    }


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(OWN_SERVE, id="serve"),
        pytest.param(OWN_EXEC, id="exec", marks=pytest.mark.long),
        pytest.param(OWN_MOCK_SERVER, id="MockServer", marks=pytest.mark.long),
    ],
)
def test_mocks_that_the_suite_starts_itself_are_mutants_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suite: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "suite.py"
    file.write_text(HEAD + suite)
    plan = MutationPlan((sys.executable, str(file)))
    sound = run_in_own_process(plan, "", threading.Event())
    broken = run_in_own_process(plan, "answered-limit-is-the-maximum", threading.Event())
    assert (sorted(sound.called), sound.signs) == (["listTasks"], ()), sound.output
    noticed = [sign.text for sign in broken.signs]
    assert (sorted(broken.called), noticed) == (["listTasks"], ["exit code 1"]), broken.output


@pytest.mark.long
@pytest.mark.parametrize(
    ("tests", "error", "words"),
    [
        ("def test_fails():\n    assert 1 == 2\n", FailsUndisturbedError, "assert 1 == 2"),
        ("", CallsNothingError, "no tests ran"),
        ("def test_calls_nothing():\n    pass\n", CallsNothingError, "fixture worker_api"),
    ],
)
def test_a_suite_that_cannot_be_judged_ends_the_command(
    tmp_path: Path, tests: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run_mutation(MutationPlan(pytest_words(tmp_path, tests)))


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotRunError, match="no-such-command was not found"):
        run_mutation(MutationPlan(("no-such-command",)))


def test_a_suite_that_hangs_undisturbed_is_stopped() -> None:
    words = (sys.executable, "-c", "import threading; threading.Event().wait()")
    with pytest.raises(FailsUndisturbedError, match="did not end within 1 s"):
        run_mutation(MutationPlan(words, time_limit=1.0, grace=0.1))


@pytest.mark.parametrize(
    ("tasks_done", "unfinished"), [(2, ""), (1, "exited and left tasks open")], ids=["all", "not-all"]
)
def test_a_worker_that_exits_at_its_last_report_has_done_its_work(
    tmp_path: Path, tasks_done: int, unfinished: str
) -> None:
    worker, scenario = tmp_path / "worker.py", tmp_path / "two-tasks.yaml"
    worker.write_text(HEAD + IN_A_HURRY)
    scenario.write_text(TWO_TASKS)
    words = (sys.executable, "-S", str(worker), str(tasks_done))
    plan = MutationPlan(words, scenario=library.find(str(scenario)))
    outcome = run_in_own_process(plan, "", threading.Event())
    assert (outcome.exit_code, outcome.unfinished, outcome.is_sound) == (0, unfinished, not unfinished)


@pytest.mark.long  # starts a command several times
def test_a_worker_notices_by_what_it_prints() -> None:
    mutants = ("link-complete-of-unknown-tasks", "heartbeat-is-no-success", "foreign-tasks-are-404")
    plan = MutationPlan(
        (sys.executable, WORKER), scenario=library.find("quiet-day"), mutants=mutants, time_limit=60
    )
    found = texts(plan)
    assert found["heartbeat-is-no-success"].startswith("noticed by prints: /health:")
    assert found["foreign-tasks-are-404"] == "not noticed"
    assert found["link-complete-of-unknown-tasks"] == "not reached"


@pytest.mark.parametrize(
    ("words", "is_pytest"),
    [
        (("pytest",), True),
        (("uv", "run", "pytest", "-x"), True),
        (("python", "-m", "pytest"), True),
        (("/venv/bin/pytest.exe",), True),
        (("node", "worker.js"), False),
        (("npm", "test"), False),
    ],
)
def test_pytest_is_known_by_its_name(words: tuple[str, ...], is_pytest: bool) -> None:
    assert runs_pytest(words) is is_pytest
