"""Recordings of other tools: each is read, or refused with a sentence that says where and what instead."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.mockserver.capsules.other_tools.test_har import PAGE, entry
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.other_tools.har_capsule import har_text
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

HAR = json.dumps({"log": {"entries": [entry()]}})


def zip_of(path: Path) -> bytes:
    """A HAR of Playwright: the bodies are files of their own."""
    answer = {"size": -1, "_file": "body.json"}
    with ZipFile(path, "w") as files:
        files.writestr("har.har", json.dumps({"log": {"entries": [entry(response__content=answer)]}}))
        files.writestr("body.json", json.dumps(PAGE))
    return path.read_bytes()


def tnetstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    if isinstance(value, dict):
        data, sign = b"".join(tnetstring(part) for pair in value.items() for part in pair), b"}"
    elif isinstance(value, list):
        data, sign = b"".join(map(tnetstring, value)), b"]"
    else:
        signs = {str: b";", bytes: b",", int: b"#", float: b"^", type(None): b"~"}
        data = value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
        sign = signs[type(value)]
    return b"%d:%b%b" % (len(data), data, sign)


def flow_of(**changes: Any) -> bytes:
    request = {
        "timestamp_start": 1_764_583_200.5,
        "method": b"GET",
        "scheme": b"https",
        "host": "staging.example",
        "port": 443,
        "path": b"/api/v1/worker/tasks?limit=2",
        "headers": [[b"X-API-Key", b"a-real-key"]],
        "content": None,
    }
    headers = [[b"content-type", b"application/json"], [b"content-encoding", b"gzip"]]
    answer = {
        "timestamp_end": 1_764_583_200.75,
        "status_code": 200,
        "headers": headers,
        "content": gzip.compress(json.dumps(PAGE).encode()),
    }
    return tnetstring({"websocket": None, "response": answer, "type": "http", "request": request, **changes})


CASSETTE = f"""
interactions:
- request:
    body: null
    headers: {{X-API-Key: [a-real-key]}}
    method: GET
    uri: https://staging.example/api/v1/worker/tasks?limit=2
  response:
    body: {{string: '{json.dumps(PAGE)}'}}
    headers: {{Content-Type: [application/json], Date: ['Mon, 01 Dec 2025 10:00:00 GMT']}}
    status: {{code: 200, message: OK}}
version: 1
"""
FORMS: dict[str, Callable[[Path], bytes]] = {
    "gzip": lambda path: gzip.compress(HAR.encode()),
    "UTF-16": lambda path: HAR.encode("utf-16"),
    "UTF-16 without a mark": lambda path: HAR.encode("utf-16-be"),
    "byte order mark": lambda path: HAR.encode("utf-8-sig"),
    "only the log": lambda path: json.dumps(json.loads(HAR)["log"]).encode(),
    "only the entries": lambda path: json.dumps([entry()]).encode(),
    "NaN": lambda path: HAR.replace('"time": 12.5', '"time": NaN').encode(),
    "Playwright's zip": zip_of,
    "flows": lambda path: flow_of() + flow_of(type="tcp"),
    "cassette": lambda path: CASSETTE.encode(),
    "cassette as JSON": lambda path: json.dumps(
        {
            "interactions": [
                {
                    "request": {
                        "method": "GET",
                        "uri": entry()["request"]["url"],
                        "headers": {"x-api-key": ["k" * 9]},
                    },
                    "response": {
                        "status": {"code": 200},
                        "headers": {"Content-Type": "application/json"},
                        "body": {"string": json.dumps(PAGE)},
                    },
                }
            ]
        }
    ).encode(),
}


def read_back(path: Path, **options: Any) -> Capsule:
    """The capsule of a recording, written and read again."""
    text = capsule_text(read_recording(path, **options))
    assert "a-real-key" not in text
    return parse_capsule(text, name="bug.yaml")


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_in_each_form_is_read_and_reproduced(tmp_path: Path, form: str) -> None:
    path = tmp_path / "recording"
    path.write_bytes(FORMS[form](path))
    capsule = read_back(path)
    (only,) = capsule.recorded
    assert (only.exchange.operation, only.exchange.query) == ("listTasks", "limit=2")
    assert only.exchange.answer_json() == PAGE
    assert replay(capsule, name="bug.yaml").difference is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x01\x02\xff", "this is not a text file.*export a HAR"),
        (b"PK\x03\x04broken", "the zip file cannot be read"),
        (gzip.compress(HAR.encode())[:-9], "the gzip file is cut off"),
        (flow_of()[:-9], "flow file of mitmproxy is damaged.*hardump"),
        (
            HAR.replace("staging", "st\xe4ging").encode("latin-1"),
            "recording:1: this line is not in UTF-8.*iconv",
        ),
        (HAR[:-30].encode(), r"recording:1:\d+: this is not JSON.*ends too early"),
        (HAR.replace('"', "'").encode(), "this is not JSON: Expecting property name"),
        (b'{"log": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "too many levels"),
        (b'{"a": 1}', "not a recording of another tool"),
        (b'{"log": {"entries": []}}', "no entries at all"),
        (
            HAR.replace("/api/v1/worker", "/staging/v2").encode(),
            "no request to /api/v1/worker.*record --base-path /staging/v2",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_next_step(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "recording").write_bytes(data)
    with pytest.raises(InvalidInputError, match=message):
        read_recording(tmp_path / "recording")


def test_another_base_path_becomes_the_one_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "bug.har").write_text(HAR.replace("/api/v1/worker", "/staging/v2"))
    (only,) = read_back(tmp_path / "bug.har", base_path="/staging/v2").recorded
    assert only.exchange.path == "/api/v1/worker/tasks"


def test_odd_entries_are_passed_over_with_their_place_and_reason(tmp_path: Path) -> None:
    odd = {
        "it has no response": entry(response=5),
        "its status 'error' is not a number": entry(response__status="error"),
        "its URL cannot be read: Invalid IPv6 URL": entry(request__url="http://[::1"),
        "its body is said to be base64, but it is not": entry(
            response__content={"text": "@", "encoding": "base64"}
        ),
        "its body has half of a surrogate pair": entry(response__content={"text": "\ud800"}),
        "its startedDateTime 'noon' is not a time": entry(startedDateTime="noon"),
    }
    entries = [entry(), *odd.values(), 5]
    (tmp_path / "bug.har").write_text(json.dumps({"log": {"entries": entries}}, indent=1))
    capsule = read_recording(tmp_path / "bug.har")
    assert len(capsule.recorded) == 1
    lines = (tmp_path / "bug.har").read_text().splitlines()
    for number, reason in enumerate(odd, 2):
        (note,) = (note for note in capsule.notes if note.endswith(f": {reason}"))
        line = int(note.split("line ")[1].split(")")[0])
        assert note.startswith(f"passed over: 1 entry (entry {number}, line ")
        assert lines[line - 1] == "   {"
    assert any(note.endswith("it is not an object") for note in capsule.notes)


def test_bytes_that_are_no_text_stay_as_mitmproxy_read_them(tmp_path: Path) -> None:
    (tmp_path / "bug.har").write_text(
        json.dumps({"log": {"entries": [entry(request__postData={"text": "\udcff\x01"})]}})
    )
    (only,) = read_back(tmp_path / "bug.har").recorded
    assert only.exchange.request_body == b"\xff\x01"


def test_a_capsule_as_json_and_in_a_fence_is_read(tmp_path: Path) -> None:
    (tmp_path / "bug.har").write_text(HAR)
    text = capsule_text(read_recording(tmp_path / "bug.har"))
    (tmp_path / "fenced.md").write_text(f"# A bug\n\nIt is so:\n\n````yaml\n{text}````\n\nBye\n")
    assert capsule_text(read_recording(tmp_path / "fenced.md")) == text
    exchange = {
        "at": 0,
        "took": 0,
        "ending": "closed",
        "request": {"method": "GET", "path": "/api/v1/worker/tasks"},
    }
    as_json = {
        "capsule": 1,
        "began": "2025-12-01T10:00:00Z",
        "notes": ["\U0001f511"],
        "exchanges": [exchange],
    }
    (tmp_path / "bug.json").write_text(json.dumps(as_json))
    assert read_recording(tmp_path / "bug.json").notes == ("\U0001f511",)


def test_a_line_in_a_fence_keeps_its_number(tmp_path: Path) -> None:
    (tmp_path / "fenced.md").write_text("a\n\n```yaml\ncapsule: 1\nbegan: yesterday\nexchanges:\n```\n")
    with pytest.raises(InvalidInputError, match=r"fenced\.md:5:8: "):
        read_recording(tmp_path / "fenced.md")


@pytest.mark.parametrize("changes", [{}, {"response__status": 0}, {"response__content": {"size": 9}}])
def test_a_capsule_is_the_same_after_it_was_a_har(tmp_path: Path, changes: dict[str, Any]) -> None:
    other = entry(request__method="POST", request__postData={"text": "\udcff"}, **changes)
    (tmp_path / "bug.har").write_text(json.dumps({"log": {"entries": [entry(), other]}}))
    capsule = read_back(tmp_path / "bug.har")
    (tmp_path / "again.har").write_text(har_text(capsule))
    again = read_back(tmp_path / "again.har")
    assert [recorded.ending for recorded in again.recorded] == [
        recorded.ending for recorded in capsule.recorded
    ]
    for one, other_exchange in zip(capsule.recorded, again.recorded, strict=True):
        assert without_times(one.exchange) == without_times(other_exchange.exchange)
    assert again.notes == capsule.notes
    assert str(replay(again, name="").difference) == str(replay(capsule, name="").difference)


def without_times(exchange: Any) -> dict[str, Any]:
    fields = {name: getattr(exchange, name) for name in exchange.__slots__ if not name.startswith("_")}
    return {name: value for name, value in fields.items() if name not in ("began", "ended")}


def test_a_compressed_body_in_a_har_is_unpacked_before_secrets_are_searched(tmp_path: Path) -> None:
    listed = {**PAGE, "about": "open sesame", "data": [{"password": "open sesame"}]}
    packed = b64encode(gzip.compress(json.dumps(listed).encode())).decode()
    for headers in ([], [{"name": "Content-Encoding", "value": "gzip"}]):
        changed = entry(response__content={"text": packed, "encoding": "base64"}, response__headers=headers)
        (tmp_path / "bug.har").write_text(json.dumps({"log": {"entries": [changed]}}))
        text = capsule_text(read_recording(tmp_path / "bug.har"))
        assert "H4sI" not in text
        assert "sesame" not in text
        assert '"about":"p-' in text
