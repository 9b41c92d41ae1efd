"""The class WorkerApi, which the fixture `worker_api` gives to a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError
from workerkit.scenarios.fields.duration import DurationError
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SendRequest = Callable[..., requests.Response]


@pytest.fixture
def api(mock: WorldServer) -> Iterator[WorkerApi]:
    api = WorkerApi(mock)
    yield api
    api.close()


@pytest.fixture
def send(api: WorkerApi, http: requests.Session) -> SendRequest:
    """Sends requests as the worker that `api.env` describes."""

    def send_request(method: str, path: str, json: Any = None) -> requests.Response:
        headers = {"X-API-Key": api.env["LIKEPION_API_KEY"]}
        url = api.env["LIKEPION_BASE_URL"] + path
        return http.request(method, url, json=json, headers=headers, timeout=120)

    return send_request


def test_the_environment_is_that_of_the_first_server(api: WorkerApi, send: SendRequest) -> None:
    assert api.env == {
        "LIKEPION_BASE_URL": api.base_url,
        "LIKEPION_API_KEY": api.api_key,
        "LIKEPION_SERVER_NAME": "server-01",
    }
    assert api.base_url.endswith("/api/v1/worker")
    assert send("GET", "/tasks").json()["server_name"] == "server-01"


def test_the_world_begins_without_tasks_and_with_three_servers(api: WorkerApi) -> None:
    assert (api.tasks(), api.logs, api.journal, api.lines()) == ([], [], [], [])
    assert [(server["name"], server["status"]) for server in api.servers] == [
        ("server-01", "online"),
        ("server-02", "active"),
        ("server-03", "offline"),
    ]


def test_the_world_begins_as_the_scenario_says(mock: WorldServer) -> None:
    api = WorkerApi(mock, library.find("key-revoked"))
    assert [server["name"] for server in api.servers] == ["server-01"]
    assert len(api.tasks()) == 60
    api.close()


def test_the_worker_gets_an_added_task(api: WorkerApi, send: SendRequest) -> None:
    task = api.add_task(service_type="blog", config='{"simulate": "fail"}')
    (listed,) = send("GET", "/tasks").json()["data"]
    assert listed.items() <= task.items()
    assert (listed["service_type"], listed["config"]) == ("blog", '{"simulate": "fail"}')


def test_a_task_of_another_server_is_not_the_workers(api: WorkerApi, send: SendRequest) -> None:
    task = api.add_task(server="server-02")
    assert send("GET", "/tasks").json()["total"] == 0
    assert send("PUT", f"/tasks/{task['id']}", {"status": "running"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"staus": "pending"}, 'staus .did you mean "status"'),
        ({"status": "pendng"}, "status"),
        ({"config": {"simulate": "fail"}}, "config"),
        ({"retry_count": "2"}, "retry_count"),
        ({"id": "7"}, "id"),
    ],
)
def test_a_wrong_field_is_refused(api: WorkerApi, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        api.add_task(**fields)
    assert api.tasks() == []


@pytest.mark.parametrize(
    "fields", [{"server": "server-09"}, {"request_id": UNKNOWN}, {"account_id": UNKNOWN}]
)
def test_an_unknown_owner_of_a_task_is_refused(api: WorkerApi, fields: dict[str, Any]) -> None:
    with pytest.raises(NotFoundError, match="there is no"):
        api.add_task(**fields)


def test_a_task_has_the_changes_of_the_worker(api: WorkerApi, send: SendRequest) -> None:
    task = api.add_task()
    send("PUT", f"/tasks/{task['id']}", {"status": "failed", "error_message": "a", "note": "b"})
    now = api.task(task["id"])
    assert (now["status"], now["error_message"], now["note"]) == ("failed", "a", "b")
    assert (task["status"], task["error_message"]) == ("pending", None)


def test_an_unknown_task_is_not_found(api: WorkerApi) -> None:
    with pytest.raises(NotFoundError, match=UNKNOWN):
        api.task(UNKNOWN)


def test_tasks_are_found_by_their_fields(api: WorkerApi) -> None:
    for status in ("pending", "failed", "failed"):
        api.add_task(status=status)
    api.add_task(status="failed", server="server-02")
    assert len(api.tasks()) == 4
    assert len(api.tasks(status="failed")) == 3
    assert len(api.tasks(status="failed", server="server-02")) == 1
    assert api.tasks(status="canceled") == []


def test_requests_accounts_logs_and_heartbeats_can_be_read(api: WorkerApi, send: SendRequest) -> None:
    task = api.add_task()
    send("POST", "/callback/link/complete", {"link_id": task["id"]})
    send("POST", "/callback/account/status", {"account_id": task["account_id"], "status": "banned"})
    send("POST", "/logs", {"logs": [{"level": "INFO", "message": "a"}]})
    send("POST", "/health", {"active_tasks": 1})
    links = {request["id"]: request["created_links"] for request in api.requests}
    accounts = {account["id"]: account["status"] for account in api.accounts}
    assert (links[task["request_id"]], sum(links.values())) == (1, 1)
    assert accounts[task["account_id"]] == "banned"
    assert [(entry["server"], entry["message"]) for entry in api.logs] == [("server-01", "a")]
    assert [server["heartbeat"] for server in api.servers] == [{"active_tasks": 1}, None, None]


def test_the_journal_has_what_the_worker_sent(api: WorkerApi, send: SendRequest) -> None:
    send("POST", "/health", {"ip": "::1"})
    send("GET", "/tasks?limit=0")
    first, second = api.journal
    assert (first.operation, first.request_json(), first.accepted) == ("heartbeat", {"ip": "::1"}, True)
    assert (second.status, second.answer_json()["error"]) == (400, "bad_request")


def test_the_lines_of_the_journal_have_no_secrets(api: WorkerApi, send: SendRequest) -> None:
    send("GET", f"/{api.api_key}")
    (line,) = api.lines()
    assert line.startswith("#1 ")
    assert " GET /api/v1/worker/<key " in line
    assert api.api_key not in line


def test_the_clock_moves_the_time_in_answers(api: WorkerApi, send: SendRequest) -> None:
    before = send("POST", "/health", {}).json()["data"]["server_time"]
    api.clock.advance("366h")
    api.clock.advance("500ms")
    after = send("POST", "/health", {}).json()["data"]["server_time"]
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) >= timedelta(hours=366)


def test_a_duration_without_a_unit_is_refused(api: WorkerApi) -> None:
    with pytest.raises(DurationError, match="60"):
        api.clock.advance("60")


def test_worlds_do_not_see_each_other(api: WorkerApi, send: SendRequest, mock: WorldServer) -> None:
    other = WorkerApi(mock)
    task = other.add_task()
    assert other.base_url == api.base_url
    assert other.api_key != api.api_key
    assert (api.tasks(), send("GET", "/tasks").json()["total"]) == ([], 0)
    assert send("PUT", f"/tasks/{task['id']}", {"note": "a"}).status_code == 404
    assert other.journal == []
    other.close()


def test_the_key_of_a_closed_world_is_refused(
    mock: WorldServer, api: WorkerApi, http: requests.Session
) -> None:
    closed = WorkerApi(mock)
    closed.close()
    headers = {"X-API-Key": closed.api_key}
    assert http.get(f"{api.base_url}/tasks", headers=headers, timeout=120).status_code == 401


def test_the_verdict_names_the_rules_broken_so_far(mock: WorldServer) -> None:
    api = WorkerApi(mock, library.find("key-revoked"))
    verdict = api.verdict()
    api.close()
    assert (verdict.scenario, verdict.passed) == ("key-revoked", False)
    assert [violation.rule for violation in verdict.broken] == ["tasks-ended"]


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_a_command_runs_as_the_worker_of_its_world(api: WorkerApi) -> None:
    api.add_task()
    source = """
import os, sys, urllib.request
headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/tasks", headers=headers)).close()
print(sys.argv[2], os.environ["LIKEPION_SERVER_NAME"])
"""
    worker_run = api.run([*python(source), "{base_url}", "{api_key}"])
    assert (worker_run.ended_by, worker_run.exit_code) == ("exit", 0)
    assert [exchange.operation for exchange in api.journal] == ["listTasks"]
    assert worker_run.output.startswith("<key ")
    assert worker_run.output.endswith("> server-01\n")


def test_a_command_that_goes_on_is_ended_at_the_time_limit(api: WorkerApi) -> None:
    worker_run = api.run(python("import threading; threading.Event().wait()"), time_limit="200ms")
    assert (worker_run.ended_by, worker_run.exit_code) == ("time-limit", None)


def test_a_command_is_ended_when_the_scenario_is_over(mock: WorldServer) -> None:
    api = WorkerApi(mock, library.find("key-revoked"))
    for task in api.tasks():
        mock.run_in_server_thread(
            lambda task=task: mock.worlds.world(api._name).change_task(  # type: ignore[misc]
                mock.worlds.world(api._name).task(task["id"]), {"status": "completed"}
            )
        )
    source = """
import os, threading, urllib.request
headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
url = os.environ["LIKEPION_BASE_URL"] + "/tasks"
urllib.request.urlopen(urllib.request.Request(url, headers=headers)).close()
threading.Event().wait()
"""
    worker_run = api.run(python(source))
    api.close()
    assert (worker_run.ended_by, worker_run.exit_code) == ("until", None)


def test_the_verdict_depends_on_the_exit_of_the_command(mock: WorldServer) -> None:
    api = WorkerApi(mock, library.find("key-revoked"))
    api.run(python("raise SystemExit(3)"))
    verdict = api.verdict()
    api.close()
    assert {violation.rule for violation in verdict.broken} >= {"tasks-ended", "process-not-crashed"}


def test_the_verdict_has_no_secrets(mock: WorldServer) -> None:
    api = WorkerApi(mock, library.find("key-revoked"))
    source = """
import os, urllib.error, urllib.request
key = os.environ["LIKEPION_API_KEY"]
try:
    urllib.request.urlopen(os.environ["LIKEPION_BASE_URL"] + "/" + key)
except urllib.error.HTTPError as error:
    error.close()
raise SystemExit(3)
"""
    api.run(python(source))
    verdict_text, key = repr(api.verdict()), api.api_key
    api.close()
    assert "<key " in verdict_text
    assert key not in verdict_text


def test_without_a_scenario_there_is_no_verdict(api: WorkerApi) -> None:
    with pytest.raises(ValueError, match="no scenario: mark the test"):
        api.verdict()


ONE_TASK = b"""
title: One task
about: Nothing happens.
world: {servers: [alone], tasks: [{count: 1, server: alone}]}
expect: [tasks-ended]
until: {tasks: ended, quiet: 10ms}
"""
LEAVES_BADLY = """
import json, os, signal, sys, threading, urllib.request
def send(method, path, body=None):
    url, data = os.environ["LIKEPION_BASE_URL"] + path, None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"], "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        return json.load(answer)
send("POST", "/health", {})
task = "/tasks/" + send("GET", "/tasks")["data"][0]["id"]
signal.signal(signal.SIGTERM, lambda *_: (send("PUT", task, {"status": "running"}), sys.exit()))
send("PUT", task, {"status": "running"})
send("PUT", task, {"status": "completed"})
while True: threading.Event().wait(0.1)
"""


def test_the_verdict_on_a_run_is_about_its_end(mock: WorldServer, http: requests.Session) -> None:
    with WorkerApi(mock, loader.parse(ONE_TASK, name="one-task.yaml")) as api:
        worker_run = api.run(python(LEAVES_BADLY))
        assert (api.verdict().passed, api.tasks()[0]["status"]) == (True, "running")
        assert api.run_record().tasks[0]["status"] == "completed"
        assert api.api_key not in repr(worker_run)
        headers = {"X-API-Key": api.api_key}
        http.get(f"{api.base_url}/tasks", headers=headers, timeout=120)
        assert api.run_record().tasks[0]["status"] == "running"
