"""Canaries in a whole mock: secrets planted all over requests, looked for wherever the mock tells of them."""

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

from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.observers.event_stream import Events, Reader
from workerkit.mockserver.observers.journal_file import JournalFile, written_to
from workerkit.mockserver.server import worker_app
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds

# Each has the word in it that is looked for, so that a part of a secret is found as well.
KEY, OLD_KEY, STRANGE_KEY = "canary-key-0123", "canary.old.key.45", "canary-strange-6789"
PASSWORD, ADDRESS = 'canary "pass/wörd\\', "canary.bird@mail.example"
SECRETS = (KEY, OLD_KEY, STRANGE_KEY, PASSWORD, ADDRESS)
TRACE = re.compile(rb"[A-Za-z0-9+/_-]{6,}")


def is_told(text: str) -> bool:
    """Whether a canary can be heard, by whatever decoding."""
    seen = {text}
    for _ in range(3):
        seen |= {unquote(each) for each in seen} | {
            re.sub(r"\\u([0-9a-fA-F]{4})", _letter, each) for each in seen
        }
    return any("canary" in each.lower() or _in_base64(each.encode()) for each in seen)


def _letter(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter.isascii() else "?"


def _in_base64(text: bytes) -> bool:
    runs = [run.translate(bytes.maketrans(b"-_", b"+/")) for run in TRACE.findall(text)]
    parts = [run[begin:] for run in runs for begin in range(4)]
    return any(b"canary" in b64decode(part[: len(part) - len(part) % 4]) for part in parts)


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: quote(secret, safe="@"),
    "quoted": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "escaped": lambda secret: quote("".join(f"\\u{ord(each):04x}" for each in secret)),
    "base64": lambda secret: b64encode(secret.encode()).decode().replace("/", "_"),
    "base64 of a pair": lambda secret: b64encode(f"me:{secret}".encode()).decode().replace("/", "_"),
}


def requests_with(secret: str) -> Iterator[Request]:
    """Requests that carry a secret in the path, the query, a header and bodies of all kinds."""

    def request(method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Request:
        pairs = {"x_api_key": KEY, "content_type": "application/json", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in pairs.items()]
        return Request(method, f"/api/v1/worker{path}", query, header_set(raw), body, oversize=False)

    strange = secret if secret == STRANGE_KEY else KEY
    for form in (make(secret) for make in FORMS.values()):
        log = {
            "level": "INFO",
            "message": f"with {form}",
            "details": {"password": secret, form: [unquote(form)]},
        }
        yield request("GET", f"/tasks/{form}", x_api_key=strange)
        yield request("GET", "/tasks", query=f"limit=1&after={form}&status={form}")
        yield request("GET", "/tasks", referer=f"http://h/{form}", cookie=form)
        yield request("POST", "/logs", body=json.dumps({"logs": [log]}).encode())
        yield request("POST", "/logs", body=json.dumps({"logs": [{"level": form, "email": secret}]}).encode())
        yield request("POST", "/logs", body=f'{{"logs": [{{"message": "{form}", "x'.encode())
        yield request("POST", "/health", body=f"a=1&note={form}&b={unquote(form)}".encode())


@pytest.fixture
def worlds() -> Worlds:
    """A mock with one world, whose first server has the key and whose first task the password and address."""
    worlds = Worlds()
    world = worlds.add("default", WorldBuilder(seed=2, timer=lambda: 0.0, tasks=False)).world
    server = world.server("server-01")
    for key in (OLD_KEY, KEY):
        worlds.key_added("default", key)
        world.exchange_key(server, key, by="a test")
    create_task(world, {"email": ADDRESS, "password": PASSWORD, "note": f"for {ADDRESS}"})
    return worlds


@pytest.mark.parametrize("secret", SECRETS)
def test_no_journal_no_file_and_no_event_tells(worlds: Worlds, tmp_path: Path, secret: str) -> None:
    app, world, events, reader = (
        worker_app.WorkerApp(worlds),
        worlds.world("default"),
        Events(worlds),
        Reader(None),
    )
    lines, har = tmp_path / "journal.jsonl", tmp_path / "journal.har"
    told: list[bytes] = []
    reader.put = told.append  # type: ignore[method-assign,assignment]
    events.add(reader)
    with written_to(JournalFile(str(lines)), worlds), written_to(JournalFile(str(har)), worlds):
        for incoming in requests_with(secret):
            app.answer(incoming)
        world.exchange_key(world.server("server-02"), "canary-new-key", by="a test")
    assert len(told) == world.journal.count + 1
    assert len(lines.read_text().splitlines()) == world.journal.count
    for text in (b"".join(told).decode(), lines.read_text(), har.read_text()):
        for line in text.splitlines():
            assert not is_told(line), line


@pytest.fixture
def served(worlds: Worlds) -> Iterator[MockServer]:
    with MockServer(worlds) as mock:
        yield mock


@pytest.mark.parametrize("secret", SECRETS)
def test_no_answer_of_the_control_plane_tells_but_the_state_itself(
    worlds: Worlds, served: MockServer, http: requests.Session, secret: str
) -> None:
    app, place = worker_app.WorkerApp(worlds), f"{served.control_url}/worlds/default"
    for incoming in requests_with(secret):
        served.ask(lambda incoming=incoming: app.answer(incoming))  # type: ignore[misc]
    answers = [http.get(f"{place}/journal", timeout=120)]
    for wanted in (
        {"status": 299},
        {"path": f"/{secret}"},
        {"body": {"logs": [{"message": secret}]}, "status": 299},
    ):
        answers.append(http.post(f"{place}/verify", json=wanted, timeout=120))
    for form in (make(secret) for make in FORMS.values()):
        known = {"api_key": secret, "password": secret, "email": secret, form: form}
        answers += [
            http.get(f"{served.control_url}/worlds/{form}", timeout=120),
            http.get(f"{served.control_url}/{form}?{form}", timeout=120),
            http.get(f"{place}/tasks?status={form}", timeout=120),
            http.patch(f"{place}/servers/{form}", json=known, timeout=120),
            http.patch(f"{place}/servers/server-02", json=known, timeout=120),
            http.post(f"{place}/tasks", json={**known, "id": 5}, timeout=120),
            http.post(f"{place}/verify", json={"operation": secret}, timeout=120),
            http.post(f"{place}/faults", json={"fault": secret, secret: form}, timeout=120),
            http.put(f"{place}/snapshot", json=known, timeout=120),
            http.post(f"{served.control_url}/worlds", json={"scenario": secret}, timeout=120),
        ]
    assert {each.status_code for each in answers} >= {200, 400, 404}
    for answer in answers:
        assert answer.status_code < 500
        assert not is_told(answer.text), (answer.request.method, answer.request.url, answer.text)


def test_a_key_of_another_world_is_refused_without_being_told(
    worlds: Worlds, served: MockServer, http: requests.Session
) -> None:
    served.ask(lambda: worlds.add("other", WorldBuilder(seed=2, tasks=False)))
    place = f"{served.control_url}/worlds/other/servers/server-01"
    answer = http.patch(place, json={"api_key": KEY}, timeout=120)
    assert answer.status_code == 409
    assert not is_told(answer.text)


def test_no_line_of_the_log_tells_when_the_mock_itself_breaks(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any) -> Any:
        raise KeyError(f"{KEY} {PASSWORD} {b64encode(PASSWORD.encode()).decode()}")

    monkeypatch.setattr(worker_app, "ACTS", dict.fromkeys(HANDLERS, broken))
    with caplog.at_level(logging.DEBUG):
        for incoming in requests_with(PASSWORD):
            worker_app.WorkerApp(worlds).answer(incoming)
    assert "failed in the mock" in caplog.text
    assert "Traceback" in caplog.text
    for record in caplog.records:
        assert not is_told(record.getMessage())
    assert not is_told(caplog.text)


def test_the_sniffer_hears_canaries() -> None:
    for secret in SECRETS:
        assert all(is_told(make(secret)) for make in FORMS.values())
    assert not is_told("a mine without birds aGVsbG8gd29ybGQ=")
