"""`workerkit serve` in its own process."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

SCRIPT = str(Path(sys.executable).with_name("workerkit"))
PATIENCE = 120.0
Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts `workerkit serve` with options. The working folder is empty."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [SCRIPT, "serve", *options]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=tmp_path, text=True, stdout=pipe, stderr=pipe)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def startup_lines(process: subprocess.Popen[str]) -> list[str]:
    """The lines that the mock prints when it is ready. The last line has the curl command."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Try it:"):
            break
    return lines


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Sends a signal. Returns the exit code, the output and the error output."""
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


def test_the_ready_file_is_complete_before_anything_is_printed(serve: Serve, tmp_path: Path) -> None:
    process = serve("--port", "0", "--ready-file", "ready.json")
    startup_lines(process)
    ready = json.loads((tmp_path / "ready.json").read_bytes())
    origin = ready["base_url"].removesuffix("/api/v1/worker")
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", origin)
    assert ready == {
        "base_url": f"{origin}/api/v1/worker",
        "control_url": f"{origin}/_mock",
        "token": None,
        "pid": process.pid,
        "servers": [
            {"name": "server-01", "api_key": "server-01-key", "status": "online"},
            {"name": "server-02", "api_key": "server-02-key", "status": "active"},
            {"name": "server-03", "api_key": "server-03-key", "status": "offline"},
        ],
    }
    assert requests.get(f"{ready['control_url']}/health", timeout=120).json()["worlds"] == ["default"]
    assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]
    assert stat.S_IMODE((tmp_path / "ready.json").stat().st_mode) == 0o600


def test_a_pipe_as_ready_file_that_nobody_reads_does_not_hold_the_mock(serve: Serve, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    process = serve("--port", "0", "--ready-file", "ready")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors == ("workerkit: ready cannot be written: nobody reads this pipe. Start its reader first\n")


def test_an_existing_ready_file_keeps_its_mode(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.touch()
    path.chmod(0o640)
    startup_lines(serve("--port", "0", "--ready-file", "ready.json"))
    assert (stat.S_IMODE(path.stat().st_mode), json.loads(path.read_bytes())["token"]) == (0o640, None)


def test_the_ready_file_is_never_incomplete_and_the_mock_answers_then(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    serve("--port", "0", "--ready-file", str(path))
    while True:
        try:
            ready = json.loads(path.read_bytes())
            break
        except FileNotFoundError:
            continue
    assert requests.get(f"{ready['control_url']}/health", timeout=120).status_code == 200


def test_the_first_lines_have_the_addresses_and_the_keys(serve: Serve) -> None:
    lines = startup_lines(serve("--port", "0"))
    text = "\n".join(lines)
    for expected in (
        "server-01 (online): X-API-Key: server-01-key or your-server-key",
        "server-03 (offline)",
        f"In a browser:   {lines[0].split()[-1].replace('/api/v1/worker', '/docs')}",
    ):
        assert expected in text
    curl = re.fullmatch(r"Try it: +curl -H 'X-API-Key: (.+)' (http://\S+)", lines[-1])
    assert curl is not None
    answer = requests.get(curl[2], headers={"X-API-Key": curl[1]}, timeout=120)
    assert (answer.status_code, answer.json()["server_name"]) == (200, "server-01")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_mock_without_errors(serve: Serve, number: signal.Signals) -> None:
    process = serve("--port", "0")
    startup_lines(process)
    assert stop(process, number) == (0, "", "")


def test_a_signal_stops_the_mock_while_clients_are_connected(serve: Serve) -> None:
    process = serve("--port", "0")
    url = startup_lines(process)[0].split()[-1]
    with requests.Session() as client:
        assert client.get(f"{url}/tasks", headers={"X-API-Key": "server-01-key"}, timeout=120).ok
        assert stop(process, signal.SIGTERM)[0] == 0


def test_a_used_port_gives_exit_code_3_and_one_line(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serve("--port", str(port))
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (3, "")
    message = f"workerkit: cannot listen on 127.0.0.1:{port}: {os.strerror(errno.EADDRINUSE)}"
    assert errors.startswith(message)
    assert errors.count("\n") == 1


def test_an_unwritable_ready_file_gives_exit_code_2_and_one_line(serve: Serve) -> None:
    process = serve("--port", "0", "--ready-file", "missing/ready.json")
    output, errors = process.communicate(timeout=PATIENCE)
    message = f"workerkit: missing/ready.json cannot be written: {os.strerror(errno.ENOENT)}\n"
    assert (process.returncode, output, errors) == (2, "", message)


def test_the_token_in_the_ready_file_works_for_the_control_plane(serve: Serve, tmp_path: Path) -> None:
    startup_lines(serve("--port", "0", "--ready-file", "ready.json", "--control-token", "a-token-of-tests"))
    ready = json.loads((tmp_path / "ready.json").read_bytes())
    assert ready["token"] == "a-token-of-tests"
    headers: list[dict[str, str]] = [{}, {"Authorization": "Bearer a-token-of-tests"}]
    answers = [
        requests.get(f"{ready['control_url']}/health", headers=header, timeout=120) for header in headers
    ]
    assert [answer.status_code for answer in answers] == [401, 200]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_empty_token_is_refused(serve: Serve, tmp_path: Path, host: str) -> None:
    process = serve("--host", host, "--port", "0", "--ready-file", "ready.json", "--control-token", "")
    output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (2, "")
    last = errors.splitlines()[-1]
    assert last.startswith("Error: Invalid value for '--control-token': the control token is empty")
    assert list(tmp_path.iterdir()) == []


def world_state(base_url: str) -> Any:
    control = base_url.replace("/api/v1/worker", "/_mock")
    return requests.get(f"{control}/worlds/default", timeout=120).json()


def test_the_mock_can_start_with_a_scenario(serve: Serve) -> None:
    state = world_state(startup_lines(serve("--port", "0", "--scenario", "key-revoked"))[0].split()[-1])
    assert (state["scenario"], len(state["tasks"])) == ("key-revoked", 60)


def test_the_same_seed_gives_the_same_world(serve: Serve) -> None:
    processes = [serve("--port", "0", "--seed", seed) for seed in ("4", "4", "5")]
    first, second, third = [world_state(startup_lines(process)[0].split()[-1]) for process in processes]
    assert first == second
    assert first["tasks"] != third["tasks"]


# --log-format


def test_a_json_log_has_a_line_without_secrets_for_each_exchange_and_change(serve: Serve) -> None:
    process = serve("--port", "0", "--seed", "1", "--log-format", "json")
    base_url = startup_lines(process)[0].split()[-1]
    control_url = base_url.replace("/api/v1/worker", "/_mock/worlds/default")
    for key in ("server-01-key", "unknown-key"):
        headers = {"X-API-Key": key}
        requests.get(f"{base_url}/tasks", {"email": "an@mail.example"}, headers=headers, timeout=PATIENCE)
    requests.patch(f"{control_url}/servers/server-01", json={"status": "offline"}, timeout=PATIENCE)
    code, _, errors = stop(process, signal.SIGTERM)
    assert code == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    without_times = [
        {name: value for name, value in line.items() if name not in ("time", "ms")} for line in lines
    ]
    exchange = {"event": "exchange", "world": "default", "operation": "listTasks", "method": "GET"}
    exchange |= {"path": "/api/v1/worker/tasks", "query": without_times[0]["query"]}
    accepted = {"level": "info", "number": 1, "server": "server-01", "status": 200, "why": ""}
    refused = {"level": "warning", "number": 2, "server": None, "status": 401}
    assert without_times[:2] == [
        exchange | accepted,
        exchange | refused | {"why": "the API key belongs to no server"},
    ]
    assert [(line["level"], line["event"], line["id"], line["now"]) for line in without_times[2:]] == [
        ("info", "change", "server-01", "offline")
    ]
    assert re.fullmatch(r"email=<email [0-9a-f]{8}>", without_times[0]["query"])
    assert all(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z", line["time"]) for line in lines)
    assert all(line["ms"] >= 0 for line in lines[:2])


def test_a_text_log_is_empty_if_the_mock_does_not_fail(serve: Serve) -> None:
    process = serve("--port", "0", "--log-format", "text")
    base_url = startup_lines(process)[0].split()[-1]
    assert requests.get(f"{base_url}/tasks", timeout=PATIENCE).status_code == 401
    assert stop(process, signal.SIGTERM) == (0, "", "")
