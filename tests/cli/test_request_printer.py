"""The lines that `serve` prints for requests."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.cli.request_printer import news_texts, request_texts
from workerkit.mockserver.observers.request_counter import RequestLine
from workerkit.mockserver.observers.rule_watch import RuleNews
from workerkit.scenarios.run_record.violation import Violation

NOON = time.strptime("12:00:00", "%H:%M:%S")
LIST = RequestLine("default", "server-01", "listTasks", 200, "", 0.0012)
REFUSED = RequestLine("w1", "", "GET /x", 401, "the API key belongs to no server", 0.0004, 120)
ENV = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}


def printed_lines(line: RequestLine, width: int = 80, *, names_world: bool = False) -> list[str]:
    return [text.plain for text in request_texts(line, NOON, width, names_world=names_world)]


def test_a_request_is_one_line_and_the_reason_of_a_refusal_follows() -> None:
    assert printed_lines(LIST) == ["12:00:00  server-01  listTasks  200  1.2 ms"]
    assert printed_lines(REFUSED, names_world=True) == [
        "12:00:00  w1  unknown key  GET /x  401  0.4 ms \u00d7 120",
        "    the API key belongs to no server",
    ]


def test_a_narrow_terminal_gets_short_lines_and_loses_no_word() -> None:
    assert printed_lines(REFUSED, 34) == [
        "12:00:00  unknown key  GET /x",
        "    401  0.4 ms \u00d7 120",
        "    the API key belongs to no",
        "    server",
    ]


@pytest.mark.parametrize(
    ("status", "style"), [(200, "green"), (404, "yellow"), (503, "bold red"), (None, "bold red")]
)
def test_the_colour_says_how_it_went(status: int | None, style: str) -> None:
    (text,) = request_texts(RequestLine("default", "server-01", "listTasks", status, ""), NOON, 80)
    assert [span.style for span in text.spans] == [style]


@settings(max_examples=30)
@given(st.text(max_size=100), st.text(max_size=100), st.integers(24, 120))
def test_no_character_acts_and_no_line_is_too_wide(asked: str, why: str, width: int) -> None:
    lines = printed_lines(RequestLine("default", "server-01", asked, 400, why), width)
    lines += printed_lines(
        RequestLine("default", "server-01", f"\x1b[2J\r\n\u202e{asked}", 400, f"\x1b]0;{why}"), width
    )
    assert all(len(line) <= width for line in lines)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\u2028]", "".join(lines))


def test_a_broken_rule_says_what_happened_and_what_a_careful_worker_does() -> None:
    violation = Violation("pause-on-401", "It asked 9 times.", (3, 4), 1, "A careful worker pauses.")
    news = RuleNews("default", "key-revoked", (violation,), "fail")
    assert [text.plain for text in news_texts(news, 80)] == [
        "key-revoked: the rule pause-on-401 is broken (exchanges 3, 4)",
        "    It asked 9 times.",
        "    A careful worker pauses.",
        "key-revoked has ended, verdict so far: fail",
    ]


# The real command


def start(out: int, folder: Path, *options: str, **env: str) -> subprocess.Popen[bytes]:
    words = [
        sys.executable,
        "-m",
        "workerkit",
        "serve",
        "--port",
        "0",
        "--ready-file",
        "ready.json",
        *options,
    ]
    return subprocess.Popen(
        words, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env={**ENV, "TERM": "xterm-256color", **env}
    )


def base_url(folder: Path, process: subprocess.Popen[bytes]) -> str:
    while not (folder / "ready.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    return str(json.loads((folder / "ready.json").read_text())["base_url"])


def read_until(terminal: int, text: bytes) -> bytes:
    """What the command prints, up to a text."""
    printed = b""
    while text not in printed:
        printed += os.read(terminal, 65536)
    return printed


def refuse(url: str) -> None:
    """Sends a request that breaks a rule of the scenario, with a word that would act on a terminal."""
    headers = {"X-API-Key": "server-01-key"}
    assert requests.get(f"{url}/tasks?status=%1b[2J", headers=headers, timeout=120).status_code == 400


def test_a_terminal_shows_requests_reasons_and_broken_rules_in_colour(tmp_path: Path) -> None:
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    terminal, other_end = pytest.importorskip("pty").openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
    process = start(other_end, tmp_path, "--scenario", "quiet-day", PYTHONUNBUFFERED="1")
    refuse(base_url(tmp_path, process))
    printed = read_until(terminal, b"quiet-day: the rule documented-requests is broken")
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    os.close(other_end)
    os.close(terminal)
    assert b"  server-01  listTasks  \x1b[33m400  " in printed
    assert b"\x1b[33m    query/status" in printed
    assert b"\x1b[2J" not in printed


@pytest.mark.parametrize("options", [["--quiet"], ["--log-format", "json"]], ids=["quiet", "json"])
def test_quiet_and_the_json_log_turn_the_lines_off(tmp_path: Path, options: list[str]) -> None:
    terminal, other_end = pytest.importorskip("pty").openpty()
    process = start(other_end, tmp_path, *options)
    refuse(base_url(tmp_path, process))
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    os.write(other_end, b"END")
    printed = read_until(terminal, b"END")
    os.close(other_end)
    os.close(terminal)
    assert b"listTasks  " not in printed
    assert (printed == b"END") == (options == ["--quiet"])


def test_a_pipe_gets_no_lines(tmp_path: Path) -> None:
    process = start(subprocess.PIPE, tmp_path)
    refuse(base_url(tmp_path, process))
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=120)
    assert b"Try it" in printed
    assert b"listTasks" not in printed
