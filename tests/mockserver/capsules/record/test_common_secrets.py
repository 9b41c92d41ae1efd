"""Passwords that are usual words: the capsule still replays, and only the fields of the passwords change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mockserver.capsules.other_tools.test_har import PAGE, entry
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording, without_secrets
from workerkit.mockserver.capsules.record.recording import Recording
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.masking.secret_choice import SecretChoice

SERVER_ID = "11111111-1111-4111-8111-111111111111"
TASK_ID = "00000000-0000-4000-8000-000000000027"
TASK = {
    "id": TASK_ID,
    "request_id": "33333333-3333-4333-8333-333333333333",
    "service_type": "entity",
    "site_id": "44444444-4444-4444-8444-444444444444",
    "site_name": "example.com",
    "email": "user@gmail.com",
    "username": "user123",
    "password": "pass",
    "about": "Bio text",
    "link_profile": "",
    "link_post": "",
    "status": "pending",
    "retry_count": 0,
    "max_retries": 3,
    "details": None,
    "started_at": None,
    "created_at": "2025-12-01T10:00:00Z",
    "request_name": "Campaign A",
    "request_website": "https://target.com",
    "type_request": "normal",
    "auction_price": 100,
    "config": "{}",
}
WORDS = [
    *("1", "2", "10", "100", "127", "2025", "45.5", "12345"),
    *("pending", "true", "null", "tasks", "worker", "api", "v1", "bulk", "link", "callback", "health"),
    *("application", "json", "http", "localhost", "127.0.0.1", "00000000", "server-01", "entity"),
]


def har_with(password: str) -> str:
    """Three exchanges with numbers and words, and a task with this password."""
    task = {**TASK, "password": password}
    page = {**PAGE, "server_id": SERVER_ID, "server_name": "server-01", "data": [task], "total": 1}
    heartbeat = {"server_name": "server-01", "ip": "127.0.0.1", "cpu_usage": 45.5, "active_tasks": 1}
    alive = {
        "status": "ok",
        "server_id": SERVER_ID,
        "server_name": "server-01",
        "server_time": "2025-12-01T10:00:00Z",
    }
    updated = {"success": True, "data": {"updated": True, "link_id": TASK_ID}}
    url = "http://127.0.0.1:8080/api/v1/worker"
    host = {"name": "Host", "value": "127.0.0.1:8080"}
    key = {"name": "X-API-Key", "value": "a-real-key"}

    def exchange(method: str, path: str, body: object, answer: object) -> object:
        return entry(
            request__method=method,
            request__url=url + path,
            request__headers=[host, key, {"name": "Content-Type", "value": "application/json"}],
            request__postData=None if body is None else {"text": json.dumps(body)},
            response__content={"text": json.dumps(answer)},
        )

    exchanges = [
        exchange("POST", "/health", heartbeat, {"success": True, "data": alive}),
        exchange("GET", "/tasks?page=1&limit=2&status=pending&service_type=entity", None, page),
        exchange("PUT", f"/tasks/{TASK_ID}", {"note": f"login with {password}"}, updated),
    ]
    return json.dumps({"log": {"entries": exchanges}})


@pytest.mark.parametrize("word", WORDS)
def test_a_usual_word_as_password_leaves_the_capsule_replayable(tmp_path: Path, word: str) -> None:
    (tmp_path / "bug.har").write_text(har_with(word))
    capsule = read_recording(tmp_path / "bug.har")
    listed = capsule.recorded[1].exchange
    assert listed.answer_json()["data"][0]["password"] != word
    assert listed.answer_json()["data"][0]["id"] == TASK_ID
    assert replay(capsule, name="bug.yaml").difference is None


def recorded(folder: Path, password: str, choice: SecretChoice) -> Capsule:
    """The capsule of a running recording of the same exchanges."""
    (folder / "bug.har").write_text(har_with("placeholder of a password"))
    exchanges = read_recording(folder / "bug.har", choice=SecretChoice(keep=("placeholder of a password",)))
    new = password.encode()
    recording = Recording(str(folder / "bug.yaml"), upstream="", began=exchanges.began, choice=choice)
    for item in exchanges.recorded:
        exchange = replace(
            item.exchange,
            request_body=item.exchange.request_body.replace(b"placeholder of a password", new),
            answer_body=item.exchange.answer_body.replace(b"placeholder of a password", new),
        )
        recording.add(replace(item, exchange=exchange))
    recording.finish()
    recording.close()
    return read_recording(folder / "bug.yaml")


@pytest.mark.parametrize("password", ["1", "pending"])
def test_a_running_recording_gets_a_note_about_common_secrets(tmp_path: Path, password: str) -> None:
    capsule = recorded(tmp_path, password, SecretChoice())
    (note,) = capsule.notes
    assert note.startswith("1 secret is replaced only in fields such as password")
    assert replay(capsule, name="bug.yaml").difference is None
    assert recorded_note_is_said_once(capsule)


def recorded_note_is_said_once(capsule: Capsule) -> bool:
    return without_secrets(capsule).notes == capsule.notes


def test_words_of_the_user_are_replaced_or_kept(tmp_path: Path) -> None:
    choice = SecretChoice(hide=("Entity Nine",), keep=("open sesame",))
    (tmp_path / "bug.har").write_text(har_with("open sesame").replace('"entity', '"entity nine'))
    text = str(read_recording(tmp_path / "bug.har", choice=choice))
    hidden = str(recorded(tmp_path, "open sesame of entity nine", SecretChoice(hide=("entity nine",))))
    kept = str(recorded(tmp_path, "open sesame", SecretChoice(keep=("Open Sesame",))))
    (tmp_path / "bug.har").write_text(har_with("open sesame"))
    assert "login with open sesame" in str(read_recording(tmp_path / "bug.har", choice=choice))
    assert "login with open sesame" in kept
    assert "entity nine" not in hidden
    assert "login with" in text


@pytest.mark.parametrize("word", ["abc", "10", "pending", "Worker"])
def test_a_usual_word_cannot_be_hidden_everywhere(word: str) -> None:
    with pytest.raises(ValueError, match=f"'{word}' is in many texts: give a word of 4 characters"):
        SecretChoice(hide=(word,))
