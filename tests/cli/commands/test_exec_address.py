"""`workerkit exec --host --public-url`: workers that reach the mock at another address, as in containers."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

# Completes all tasks. Before, it writes its settings, and the answer of the control plane at its address.
WORKER = """
import json, os, sys, urllib.error, urllib.request
base_url, key = sys.argv[1:]
def ask(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"X-API-Key": key}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
def status_of(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code
origin = base_url.removesuffix("/api/v1/worker")
calls = ("worlds", "worlds/default", "worlds/default/verdict")
control = [status_of(f"{origin}/_mock/{call}") for call in calls]
seen = {"placeholder": base_url, "control": control}
seen |= {name: os.environ[name] for name in ("LIKEPION_BASE_URL", "NO_PROXY")}
open("seen.json", "w").write(json.dumps(seen))
ask("POST", base_url + "/health", {})
for task in ask("GET", base_url + "/tasks")["data"]:
    for status in ("running", "completed"):
        ask("PUT", base_url + "/tasks/" + task["id"], {"status": status})
"""
COMMAND = ["--", sys.executable, "-c", WORKER, "{base_url}", "{api_key}"]


def seen_by_worker(project: Path) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads((project / "seen.json").read_text())
    return seen


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has only the address 127.0.0.1")
@pytest.mark.parametrize(
    ("options", "begin"),
    [
        (["--host", "127.0.0.2"], "http://127.0.0.2:"),
        (["--host", "0.0.0.0", "--public-url", "http://127.0.0.3"], "http://127.0.0.3:"),
    ],
)
def test_a_worker_at_another_address_gets_the_public_url_and_no_control_plane(
    run: Run, project: Path, quiet_day: str, options: list[str], begin: str
) -> None:
    code, output, _ = run("exec", "--scenario", quiet_day, *options, *COMMAND)
    assert code == 0, output
    seen = seen_by_worker(project)
    assert seen["placeholder"] == seen["LIKEPION_BASE_URL"]
    assert seen["placeholder"].startswith(begin)
    assert seen["control"] == [401, 401, 401]
    assert begin.removeprefix("http://").removesuffix(":") in seen["NO_PROXY"].split(",")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has only the address 127.0.0.1")
def test_the_mock_listens_on_the_port_of_the_public_url(run: Run, project: Path, quiet_day: str) -> None:
    with socket.create_server(("127.0.0.2", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.2:{port}"
    code, output, _ = run(
        "exec", "--scenario", quiet_day, "--host", "127.0.0.2", "--public-url", url, *COMMAND
    )
    assert code == 0, output
    assert seen_by_worker(project)["placeholder"] == f"{url}/api/v1/worker"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "a worker cannot send requests to 0.0.0.0"),
        (["--public-url", "host.docker.internal"], "does not begin with http:// or https://"),
        (["--public-url", "http://"], "has no host name"),
        (["--public-url", "http://user:word@host"], "has no host name that a worker can use"),
        (["--public-url", "http://host/api/v1/worker"], "has a path"),
        (["--public-url", "http://host:99999"], "is no URL"),
        (["--public-url", "https://host"], "the mock answers with http"),
        (["--public-url", "http://host:8080", "--jobs", "2"], "only one mock can run at a time"),
    ],
)
def test_an_address_that_no_worker_can_use_is_exit_2(
    run: Run, quiet_day: str, options: list[str], message: str
) -> None:
    code, _, errors = run("exec", "--scenario", quiet_day, *options, *COMMAND)
    assert code == 2
    assert message in errors
