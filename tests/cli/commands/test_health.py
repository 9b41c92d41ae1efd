"""`workerkit health`: whether a running mock answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from workerkit.mockserver import MockServer

Run = Callable[..., tuple[int, str, str]]
TOKEN = "a-token-of-the-test"


def ready_file(folder: Path, control_url: str, **values: str | None) -> str:
    file = folder / "ready.json"
    file.write_text(json.dumps({"control_url": control_url, "token": None, **values}))
    return str(file)


def port_of(mock: MockServer) -> str:
    return str(urlsplit(mock.control_url).port)


def test_a_running_mock_is_healthy(run: Run) -> None:
    with MockServer() as mock:
        assert run("health", "--port", port_of(mock)) == (0, "", "")


def test_where_no_mock_runs_the_exit_code_is_1(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    code, output, errors = run("health", "--port", port)
    assert (code, output) == (1, "")
    assert f"http://127.0.0.1:{port}/_mock does not answer: " in errors


def test_a_mock_that_hangs_is_not_healthy(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, _, errors = run("health", "--port", str(silent.getsockname()[1]), "--timeout", "50ms")
    assert code == 1
    assert "does not answer: timed out" in errors


def test_the_token_comes_from_its_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    with MockServer(token=TOKEN) as mock:
        words = ("health", "--port", port_of(mock))
        code, _, errors = run(*words)
        assert (code, "wants the control token" in errors) == (1, True)
        assert run(*words, "--control-token-file", str(file)) == (0, "", "")


@pytest.mark.parametrize("tls", [False, True])
def test_the_ready_file_has_all_that_is_needed(run: Run, tmp_path: Path, *, tls: bool) -> None:
    with MockServer(token=TOKEN, tls=tls) as mock, mock.new_world() as world:
        authority = world.env.get("SSL_CERT_FILE")
        file = ready_file(tmp_path, mock.control_url, token=TOKEN, authority_file=authority)
        assert run("health", "--ready-file", file) == (0, "", "")


def test_without_the_ready_file_the_mock_is_not_ready(run: Run, tmp_path: Path) -> None:
    code, _, errors = run("health", "--ready-file", str(tmp_path / "ready.json"))
    assert (code, "the mock is not ready" in errors) == (1, True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"control_url": "http://127.0.0.1:1/_mock"}'])
def test_another_file_is_exit_2(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "ready.json"
    file.write_text(text)
    code, _, errors = run("health", "--ready-file", str(file))
    assert (code, "this is no file that `serve --ready-file` wrote" in errors) == (2, True)


@contextmanager
def other_server(body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        yield str(server.server_port)


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"status": "down"}'])
def test_another_server_is_not_healthy(run: Run, body: bytes) -> None:
    with other_server(body) as port:
        code, _, errors = run("health", "--port", port)
    assert (code, "this is no healthy mock" in errors) == (1, True)
