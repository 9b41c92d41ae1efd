"""Sends requests that are full of secrets. No output of the mock may contain a secret.

This covers journals, files, events, logs and answers of the control plane.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests

from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.observers.event_stream import EventPublisher, EventReader, TimeAllowance
from workerkit.mockserver.observers.journal_file import JournalFile, journal_exchanges_to
from workerkit.mockserver.server import worker_app
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds

# Each secret contains the word canary. The tests search for this word, so they also find parts of a secret.
KEY, OLD_KEY, UNKNOWN_KEY = "canary-key-0123", "canary.old.key.45", "canary-unknown-6789"
PASSWORD, ADDRESS = 'canary "pass/wörd\\', "canary.bird@mail.example"
SECRETS = (KEY, OLD_KEY, UNKNOWN_KEY, PASSWORD, ADDRESS)
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{6,}")


def has_secret(text: str) -> bool:
    """Whether a text contains a part of a secret, also if it is encoded several times."""
    decoded = {text}
    for _ in range(3):
        decoded |= {unquote(part) for part in decoded} | {
            re.sub(r"\\u([0-9a-fA-F]{4})", _letter, part) for part in decoded
        }
    return any("canary" in part.lower() or _in_base64(part.encode()) for part in decoded)


def _letter(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter.isascii() else "?"


def _in_base64(text: bytes) -> bool:
    runs = [run.translate(bytes.maketrans(b"-_", b"+/")) for run in BASE64.findall(text)]
    parts = [run[begin:] for run in runs for begin in range(4)]
    return any(b"canary" in b64decode(part[: len(part) - len(part) % 4]) for part in parts)


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: quote(secret, safe="@"),
    "quoted": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "escaped": lambda secret: quote("".join(f"\\u{ord(letter):04x}" for letter in secret)),
    "base64": lambda secret: b64encode(secret.encode()).decode().replace("/", "_"),
    "base64 of a pair": lambda secret: b64encode(f"me:{secret}".encode()).decode().replace("/", "_"),
}


def requests_with(secret: str) -> Iterator[Request]:
    """Requests with a secret in the path, the query, a header or different bodies."""

    def request(method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Request:
        pairs = {"x_api_key": KEY, "content_type": "application/json", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in pairs.items()]
        return Request(method, f"/api/v1/worker{path}", query, decode_headers(raw), body, is_too_large=False)

    key = secret if secret == UNKNOWN_KEY else KEY
    for form in (make(secret) for make in FORMS.values()):
        log = {
            "level": "INFO",
            "message": f"with {form}",
            "details": {"password": secret, form: [unquote(form)]},
        }
        yield request("GET", f"/tasks/{form}", x_api_key=key)
        yield request("GET", "/tasks", query=f"limit=1&after={form}&status={form}")
        yield request("GET", "/tasks", referer=f"http://h/{form}", cookie=form)
        yield request("POST", "/logs", body=json.dumps({"logs": [log]}).encode())
        yield request("POST", "/logs", body=json.dumps({"logs": [{"level": form, "email": secret}]}).encode())
        yield request("POST", "/logs", body=f'{{"logs": [{{"message": "{form}", "x'.encode())
        yield request("POST", "/health", body=f"a=1&note={form}&b={unquote(form)}".encode())


@pytest.fixture
def worlds() -> Worlds:
    """One world. Its first server has the key, and its first task has the password and the address."""
    worlds = Worlds()
    world = worlds.add("default", WorldBuilder(seed=2, timer=lambda: 0.0, with_tasks=False)).world
    server = world.server("server-01")
    for key in (OLD_KEY, KEY):
        worlds.add_key("default", key)
        world.key_ring.replace_keys(server, key, by="a test")
    create_task(world, {"email": ADDRESS, "password": PASSWORD, "note": f"for {ADDRESS}"})
    return worlds


@pytest.mark.parametrize("secret", SECRETS)
def test_no_journal_file_and_no_event_contains_a_secret(worlds: Worlds, tmp_path: Path, secret: str) -> None:
    app, world, events, reader = (
        worker_app.WorkerApp(worlds),
        worlds.world("default"),
        EventPublisher(worlds, TimeAllowance(1.0, 3600.0)),
        EventReader(None),
    )
    lines, har = tmp_path / "journal.jsonl", tmp_path / "journal.har"
    events_sent: list[bytes] = []
    reader.put = events_sent.append  # type: ignore[method-assign,assignment]
    events.add(reader)
    with (
        journal_exchanges_to(JournalFile(str(lines)), worlds),
        journal_exchanges_to(JournalFile(str(har)), worlds),
    ):
        for request in requests_with(secret):
            app.answer(request)
        world.key_ring.replace_keys(world.server("server-02"), "canary-new-key", by="a test")
    assert len(events_sent) == world.journal.count + 1
    assert len(lines.read_text().splitlines()) == world.journal.count
    for text in (b"".join(events_sent).decode(), lines.read_text(), har.read_text()):
        for line in text.splitlines():
            assert not has_secret(line), line


@pytest.fixture
def served(worlds: Worlds) -> Iterator[WorldServer]:
    with WorldServer(worlds) as mock:
        yield mock


@pytest.mark.parametrize("secret", SECRETS)
def test_no_answer_of_the_control_plane_except_the_state_contains_a_secret(
    worlds: Worlds, served: WorldServer, http: requests.Session, secret: str
) -> None:
    app, url = worker_app.WorkerApp(worlds), f"{served.control_url}/worlds/default"
    for request in requests_with(secret):
        served.run_in_server_thread(lambda request=request: app.answer(request))  # type: ignore[misc]
    answers = [http.get(f"{url}/journal", timeout=120)]
    for search in (
        {"status": 299},
        {"path": f"/{secret}"},
        {"body": {"logs": [{"message": secret}]}, "status": 299},
    ):
        answers.append(http.post(f"{url}/verify", json=search, timeout=120))
    for form in (make(secret) for make in FORMS.values()):
        fields = {"api_key": secret, "password": secret, "email": secret, form: form}
        answers += [
            http.get(f"{served.control_url}/worlds/{form}", timeout=120),
            http.get(f"{served.control_url}/{form}?{form}", timeout=120),
            http.get(f"{url}/tasks?status={form}", timeout=120),
            http.patch(f"{url}/servers/{form}", json=fields, timeout=120),
            http.patch(f"{url}/servers/server-02", json=fields, timeout=120),
            http.post(f"{url}/tasks", json={**fields, "id": 5}, timeout=120),
            http.post(f"{url}/verify", json={"operation": secret}, timeout=120),
            http.post(f"{url}/faults", json={"fault": secret, secret: form}, timeout=120),
            http.put(f"{url}/snapshot", json=fields, timeout=120),
            http.post(f"{served.control_url}/worlds", json={"scenario": secret}, timeout=120),
        ]
    assert {answer.status_code for answer in answers} >= {200, 400, 404}
    for answer in answers:
        assert answer.status_code < 500
        assert not has_secret(answer.text), (answer.request.method, answer.request.url, answer.text)


def test_the_refusal_of_a_key_of_another_world_does_not_contain_the_key(
    worlds: Worlds, served: WorldServer, http: requests.Session
) -> None:
    served.run_in_server_thread(lambda: worlds.add("other", WorldBuilder(seed=2, with_tasks=False)))
    url = f"{served.control_url}/worlds/other/servers/server-01"
    answer = http.patch(url, json={"api_key": KEY}, timeout=120)
    assert answer.status_code == 409
    assert not has_secret(answer.text)


def test_the_log_of_a_failure_of_the_mock_contains_no_secret(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> Any:
        raise KeyError(f"{KEY} {PASSWORD} {b64encode(PASSWORD.encode()).decode()}")

    monkeypatch.setattr(worker_app, "HANDLERS", dict.fromkeys(HANDLERS, fail))
    with caplog.at_level(logging.DEBUG):
        for request in requests_with(PASSWORD):
            worker_app.WorkerApp(worlds).answer(request)
    assert "the mock failed to answer" in caplog.text
    assert "Traceback" in caplog.text
    for record in caplog.records:
        assert not has_secret(record.getMessage())
    assert not has_secret(caplog.text)


def test_has_secret_finds_secrets() -> None:
    for secret in SECRETS:
        assert all(has_secret(make(secret)) for make in FORMS.values())
    assert not has_secret("a text without secrets aGVsbG8gd29ybGQ=")
