"""`workerkit record` and `workerkit replay`, as processes and as commands."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.conftest import Run, on_a_terminal
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import Running, running
from tests.sampling import sampled
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording

SECONDS = 120.0
Ask = Callable[..., requests.Response]


class Recorder:
    """A recorder in a process of its own, and a worker's client of it."""

    def __init__(self, process: subprocess.Popen[str], server: Running, url: str) -> None:
        self.process = process
        self.server = server
        self._url = url

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> requests.Response:
        headers = {"X-API-Key": key or self.server.seeded.api_key, "Connection": "close"}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self._url + path, json=body, headers=headers, timeout=SECONDS)

    def end(self, number: int = signal.SIGTERM) -> str:
        """Ends it by a signal; what it printed."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=SECONDS)[0]


@contextmanager
def recorder(script: str, out: Path, fault: Fault | None = None) -> Iterator[Recorder]:
    """A recorder before an independent server, perhaps with a fault planted in that."""
    ready = out.with_suffix(".ready")
    with running(fault=fault) as server:
        words = [script, "record", "--upstream", server.base_url, "--out", str(out), "--port", "0"]
        with subprocess.Popen(
            [*words, "--ready-file", str(ready)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                while not ready.exists() and process.poll() is None:
                    time.sleep(0.02)  # there is nothing to wait on but the file
                yield Recorder(process, server, json.loads(ready.read_text())["base_url"])
            finally:
                process.kill()


def send_all_kinds_of_requests(recorder: Recorder) -> None:
    """Sends requests of all kinds that a worker sends."""
    ask = recorder.ask
    ask("POST", "/health", {"server_name": "hanoi-07", "cpu_usage": 5.5, "active_tasks": 1})
    tasks = ask("GET", "/tasks?status=pending,queued,running&limit=5").json()["data"]
    ask("GET", f"/tasks?after={tasks[-1]['id']}&limit=5&status=pending,queued,running")
    for task in tasks[:3]:
        ask("PUT", f"/tasks/{task['id']}", {"status": "running"})
        ask("PUT", f"/tasks/{task['id']}", {"status": "completed", "link_post": "https://a.example/1"})
    ask("GET", "/tasks?status=completed&limit=1000")
    ask("PUT", "/tasks/bulk", {"items": [{"link_id": task["id"], "status": "running"} for task in tasks]})
    ask("POST", "/logs", {"logs": [{"level": "INFO", "message": f"did it as {tasks[0]['password']}"}]})
    ask("GET", "/tasks", key="nobody's key at all")
    ask("PUT", "/tasks/00000000-0000-4000-8000-000000000000", {"status": "running"})


def test_traffic_with_a_sound_server_is_reproduced_without_its_secrets(
    run: Run, script: str, project: Path
) -> None:
    with recorder(script, project / "bug.yaml") as recording:
        send_all_kinds_of_requests(recording)
        key = recording.server.seeded.api_key
        listed = recording.ask("GET", "/tasks?limit=1000&status=pending,queued,running").json()["data"]
        output = recording.end()
    assert "15 exchanges" in output
    text = (project / "bug.yaml").read_text()
    secrets = {key, "nobody's key at all", *(task[name] for task in listed for name in ("password", "email"))}
    assert not [secret for secret in secrets if secret in text]
    assert not (project / "bug.yaml.part").exists()
    assert [stat.S_IMODE((project / f"bug.{suffix}").stat().st_mode) for suffix in ("yaml", "ready")] == [
        0o600
    ] * 2
    code, output, _ = run("replay", "bug.yaml")
    assert (code, output.splitlines()[0]) == (0, "reproduced")
    assert "15 of 15 exchanges were sent again" in output


@pytest.mark.parametrize(
    ("fault", "operation", "place"),
    sampled(
        [
            ("bulk-success-counts-all", "bulkUpdateTasks", ""),
            ("total-one-too-many", "listTasks", "answer/total"),
            ("update-without-effect", "listTasks", "answer/"),
        ],
        every=3,
        unpack=True,
    ),
)
def test_a_promise_that_a_server_breaks_is_the_first_difference_in_few_exchanges(
    run: Run, script: str, project: Path, fault: str, operation: str, place: str
) -> None:
    with recorder(script, project / "bug.yaml", FAULTS[fault]) as recording:
        send_all_kinds_of_requests(recording)
        foreign = recording.ask("GET", "/tasks", key=recording.server.seeded.other_api_key).json()["data"][0]
        recording.ask("PUT", "/tasks/bulk", {"items": [{"link_id": foreign["id"], "status": "running"}]})
        recording.end()
    code, output, _ = run("replay", "bug.yaml", "--shrink", "--out", "small.yaml", "--json", "r.json")
    assert code == 1
    report = json.loads((project / "r.json").read_text())
    assert (report["verdict"], report["difference"]["operation"]) == ("not reproduced", operation)
    assert f"{place}" in output
    small = read_recording(project / "small.yaml")
    assert len(small.recorded) <= 5
    assert small.recorded[-1].exchange.operation == operation
    assert stat.S_IMODE((project / "small.yaml").stat().st_mode) == 0o600
    assert run("replay", "small.yaml")[0] == 1


def test_what_is_against_the_page_is_listed_as_it_comes(script: str, project: Path) -> None:
    with recorder(script, project / "bug.yaml", FAULTS["total-one-too-many"]) as recording:
        recording.ask("GET", "/tasks?limit=1000&status=running")
        recording.ask("POST", "/logs", {"logs": [{"level": "LOUD", "message": "hi"}] * 501})
        output = recording.end()
    assert "server: list-total: " in output
    assert "worker: sendLogs: body/logs" in output


def test_a_recorder_that_is_killed_loses_only_the_exchange_in_flight(
    run: Run, script: str, project: Path
) -> None:
    with recorder(script, project / "bug.yaml") as recording:
        for _ in range(3):
            recording.ask("GET", "/tasks?limit=3")
        heard_of_all(project / "bug.yaml.part", 3)
        recording.end(signal.SIGKILL)
    assert not (project / "bug.yaml").exists()
    assert len(read_recording(project / "bug.yaml.part").recorded) == 3
    code, _, errors = run("record", "--upstream", "http://127.0.0.1:1/api/v1/worker", "--out", "bug.yaml")
    assert code == 3, errors
    assert run("record", "--from", "bug.yaml.part", "--out", "whole.yaml")[0] == 0
    assert run("replay", "whole.yaml")[0] == 0


def heard_of_all(part: Path, count: int) -> None:
    """Waits until a recorder has written so many exchanges: it does so after their answers are sent."""
    deadline = time.monotonic() + SECONDS
    while part.read_text().count("    answer:") < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_on_a_full_disk_the_worker_is_served_and_what_was_written_is_kept(
    run: Run, script: str, project: Path
) -> None:
    resource = pytest.importorskip("resource")
    with recorder(script, project / "bug.yaml") as recording:
        recording.ask("GET", "/tasks?limit=3")
        heard_of_all(project / "bug.yaml.part", 1)
        size = (project / "bug.yaml.part").stat().st_size
        resource.prlimit(recording.process.pid, resource.RLIMIT_FSIZE, (size + 100, size + 100))
        assert [recording.ask("GET", "/tasks?limit=1000").status_code for _ in range(2)] == [200, 200]
        output = recording.end()
    assert recording.process.returncode == 2
    assert output.count("passes requests on, but records nothing") == 1
    assert "bug.yaml contains the first exchange only: " in output
    assert len(read_recording(project / "bug.yaml").recorded) == 1


# The command line


def test_a_part_that_is_left_is_not_written_over(run: Run, script: str, project: Path) -> None:
    (project / "bug.yaml.part").write_text("capsule: 1\n")
    with running() as server:
        code, _, errors = run("record", "--upstream", server.base_url, "--out", "bug.yaml", "--port", "0")
    assert code == 2
    assert "record --from bug.yaml.part" in errors


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("record", "--out", "x"), 2, "either --upstream URL or --from FILE"),
        (("record", "--upstream", "http://a.example/", "--out", "x"), 2, "/api/v1/worker"),
        (("record", "--upstream", "http://a.example/v2/api/v1/worker", "--out", "x"), 2, "path"),
        (("record", "--upstream", "http://127.0.0.1:1/api/v1/worker", "--out", "x"), 3, "cannot be reached"),
        (("replay", "none.yaml"), 2, "none.yaml: this file does not exist"),
        (("replay", "killed.yaml"), 2, "There is killed.yaml.part from a recording that was killed"),
        (("replay", "."), 2, ".: this is a folder"),
        (("replay", "empty.yaml"), 2, "empty.yaml: the file is empty"),
        (("replay", "binary.yaml"), 2, "binary.yaml: this is not a text file"),
        (("replay", "else.har"), 2, "no request to /api/v1/worker. left out: 1 request to other addresses"),
        (("replay", "writes.yaml", "--target", "http://192.0.2.1/api/v1/worker"), 2, "give --api-key KEY"),
        (
            ("replay", "writes.yaml", "--target", "http://192.0.2.1/api/v1/worker", "--api-key", "k"),
            2,
            "sendLogs",
        ),
        (("replay", "good.yaml", "--in-order"), 2, "needs a COMMAND"),
        (("replay", "bad.yaml"), 2, "bad.yaml:2:8: "),
        (("replay", "newer.yaml"), 2, "install a newer workerkit"),
        (("replay", "ancient.yaml"), 2, "ancient.yaml:2:8: a time in 1970 or later"),
        (("replay", "world.yaml"), 2, "world.yaml: its world cannot be restored: world: "),
        (
            ("replay", "no.har"),
            2,
            "passed over: 1 entry (entry 1, line 1): it has no request",
        ),
        (("replay", "good.yaml", "--target", "http://127.0.0.1:1/api/v1/worker"), 3, "cannot be reached"),
        (("replay", "good.yaml", "--", "no-such-command-anywhere"), 3, "was not found"),
        (("replay", "good.yaml", "--shrink", "--", "true"), 2, "cannot be used with a COMMAND"),
    ],
)
def test_an_error_is_one_line(
    run: Run, project: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    (project / "bad.yaml").write_text("capsule: 1\nbegan: x\nexchanges:\n")
    (project / "world.yaml").write_text(GOOD.replace("exchanges:", "world: {format: 1}\nexchanges:"))
    (project / "newer.yaml").write_text("capsule: 99\n")
    (project / "ancient.yaml").write_text(GOOD.replace("2025", "0001"))
    (project / "good.yaml").write_text(GOOD)
    (project / "killed.yaml.part").write_text(GOOD)
    writes = GOOD.replace("GET", "POST").replace("/tasks", "/logs").replace("401", "200")
    (project / "writes.yaml").write_text(writes)
    (project / "empty.yaml").write_text("")
    (project / "binary.yaml").write_bytes(b"\x89PNG\xff")
    (project / "else.har").write_text(json.dumps({"log": {"entries": [ELSEWHERE]}}))
    (project / "no.har").write_text('{"log": {"entries": [{}]}}')
    ended, _, errors = run(*words)
    assert (ended, message in errors) == (code, True), errors


ELSEWHERE = {
    "startedDateTime": "2025-12-01T10:00:00Z",
    "request": {"method": "GET", "url": "https://a.example/", "headers": []},
    "response": {"status": 200, "headers": []},
}
GOOD = """\
capsule: 1
began: 2025-12-01T10:00:00.000Z
exchanges:
  - at: 0.0
    took: 0.1
    request: {method: GET, path: /api/v1/worker/tasks, headers: [[x-api-key, key-1]]}
    answer: {status: 401, headers: [[content-type, application/json]], body: {json: {success: false}}}
"""
ASKING = """
import os, urllib.request, urllib.error
request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + "/PATH")
request.add_header("X-API-Key", os.environ["LIKEPION_API_KEY"])
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.mark.parametrize(
    ("path", "code", "message"), [("tasks", 0, "reproduced"), ("health", 1, "not reproduced: ")]
)
def test_a_worker_is_played_to(run: Run, project: Path, path: str, code: int, message: str) -> None:
    (project / "good.yaml").write_text(GOOD)
    (project / "killed.yaml.part").write_text(GOOD)
    ended, output, _ = run("replay", "good.yaml", "--", sys.executable, "-c", ASKING.replace("PATH", path))
    assert ended == code
    assert output.startswith(message)


@pytest.mark.parametrize("name", ["journal.har", "journal.jsonl"])
def test_a_journal_and_a_capsule_of_serve_are_replayed(
    run: Run, script: str, project: Path, name: str
) -> None:
    with serving(script, project / name, "--save-capsules", "capsules") as ask:
        tasks = ask("GET", "/tasks?limit=3").json()["data"]
        ask("PUT", f"/tasks/{tasks[0]['id']}", json={"status": "running"})
        ask("GET", "/tasks?status=running&limit=1000")
    code, output, _ = run("replay", name)
    assert (code, output.splitlines()[0]) == (0, "reproduced")
    assert run("record", "--from", name, "--out", "bug.yaml")[0] == 0
    assert run("replay", "bug.yaml")[0] == 0
    for file_name in (name, "bug.yaml", "capsules/default.yaml"):
        assert stat.S_IMODE((project / file_name).stat().st_mode) == 0o600
    code, output, _ = run("replay", os.path.join("capsules", "default.yaml"))
    assert (code, output.splitlines()[0]) == (0, "reproduced")


@contextmanager
def serving(script: str, journal: Path, *options: str) -> Iterator[Ask]:
    """A mock that writes a journal, and a client of it."""
    ready = journal.with_suffix(".ready")
    words = [script, "serve", "--port", "0", "--journal", str(journal), "--ready-file", str(ready)]
    with (
        subprocess.Popen([*words, *options], stdout=subprocess.DEVNULL) as process,
        requests.Session() as session,
    ):
        session.trust_env = False
        session.headers["X-API-Key"] = "server-01-key"
        while not ready.exists() and process.poll() is None:
            time.sleep(0.02)  # there is nothing to wait on but the file
        url = json.loads(ready.read_text())["base_url"]
        try:
            yield lambda method, path, **more: session.request(method, url + path, timeout=SECONDS, **more)
        finally:
            process.send_signal(signal.SIGTERM)


def test_a_capsule_is_sent_to_a_target(run: Run, project: Path) -> None:
    (project / "good.yaml").write_text(GOOD)
    (project / "killed.yaml.part").write_text(GOOD)
    with running() as server:
        assert run("replay", "good.yaml", "--target", server.base_url)[0] == 0
        known = ("--api-key", server.seeded.api_key)
        code, output, _ = run("replay", "good.yaml", "--target", server.base_url, *known)
    assert code == 1
    assert "status: recorded 401, now 200" in output


LAZY = """
import os, urllib.request
urllib.request.urlopen(os.environ["LIKEPION_BASE_URL"].replace("/api", "/bpi"))
"""


def test_exec_writes_a_capsule_of_what_failed(run: Run, project: Path, quiet_day: str) -> None:
    words = ("exec", "--scenario", quiet_day, "--save-capsules", "capsules", "--", sys.executable, "-c", LAZY)
    code, output, _ = run(*words)
    assert code == 1
    path = os.path.join("capsules", "quiet-day.yaml")
    assert f"workerkit replay {path}" in output
    code, output, _ = run("replay", path)
    assert code == 0
    assert "Note in the file: broken: tasks-ended: " in output


def test_a_scenario_begins_with_what_went_wrong(run: Run, project: Path) -> None:
    (project / "good.yaml").write_text(GOOD.replace("status: 401", "status: 503"))
    assert run("scenario", "new", "mine", "--from", "good.yaml")[0] == 0
    assert "status: 503" in (project / "mine.yaml").read_text()
    assert run("scenario", "validate", "mine.yaml")[0] == 0


def test_ids_are_renamed_where_that_is_asked_for(run: Run, project: Path) -> None:
    old = "00000000-0000-4000-8000-000000000001"
    (project / "good.yaml").write_text(GOOD.replace("/tasks,", f"/tasks/{old},"))
    assert run("record", "--from", "good.yaml", "--rename-ids", "--out", "other.yaml")[0] == 0
    text = (project / "other.yaml").read_text()
    assert "/api/v1/worker/tasks/" in text
    assert old not in text


def test_shrinking_without_a_difference_says_that_no_file_is_written(run: Run, project: Path) -> None:
    (project / "good.yaml").write_text(GOOD)
    code, output, _ = run("replay", "good.yaml", "--shrink", "--out", "small.yaml")
    assert code == 0
    assert "small.yaml is not written: there is no difference to keep." in output
    assert not (project / "small.yaml").exists()


def test_shrinking_says_on_a_terminal_how_many_exchanges_are_left(script: str, project: Path) -> None:
    first, one = GOOD.split("exchanges:\n")
    others = "".join(one.replace("at: 0.0", f"at: {n}.0") for n in range(1, 12))
    wrong = one.replace("at: 0.0", "at: 20.0").replace("status: 401", "status: 200")
    (project / "bug.yaml").write_text(f"{first}exchanges:\n{one}{others}{wrong}")
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    code, output = on_a_terminal(
        [script, "replay", "bug.yaml", "--shrink"], {**plain, "TERM": "xterm-256color"}
    )
    assert code == 1
    assert "13 of 13 exchanges left" in output
    assert "bug-small.yaml: " in output


def test_a_capsule_becomes_a_har_and_an_issue(run: Run, project: Path) -> None:
    exchange = {
        "at": 0,
        "took": 0,
        "request": {
            "method": "GET",
            "path": "/api/v1/worker/tasks",
            "headers": [["x-api-key", "a-real-key"]],
        },
        "answer": {"status": 201, "headers": [["content-type", "application/json"]], "body": {"text": "```"}},
    }
    capsule = {"capsule": 1, "began": "2025-12-01T10:00:00Z", "exchanges": [exchange]}
    (project / "bug.json").write_text(json.dumps(capsule))
    assert run("record", "--from", "bug.json", "--out", "bug.har")[0] == 0
    assert json.loads((project / "bug.har").read_text())["log"]["entries"][0]["response"]["status"] == 201
    code, text, _ = run("replay", "bug.har", "--issue")
    assert code == 1
    assert "a-real-key" not in text
    assert 'curl -i -X GET "$LIKEPION_BASE_URL"/tasks' in text
    (project / "issue.md").write_text(text)
    code, verdict, _ = run("replay", "issue.md")
    assert code == 1
    assert verdict.splitlines()[0] == run("replay", "bug.har")[1].splitlines()[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "a.har", "--out", "b", "--base-path", "staging"], "staging must begin with a slash"),
        (["--from", "a.har", "--out", "b", "--secret", "10"], "'10' is in many texts"),
        (["--upstream", "http://127.0.0.1:1", "--out", "b", "--base-path", "/x"], "--base-path needs --from"),
        (["--upstream", "http://127.0.0.1:1", "--out", "b.har"], "record --from CAPSULE --out b.har"),
    ],
)
def test_options_of_record_that_do_not_fit_are_refused(run: Run, words: list[str], message: str) -> None:
    code, _, error = run("record", *words)
    assert code == 2
    assert message in error
