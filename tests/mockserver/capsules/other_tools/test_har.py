"""HAR files of browsers and proxies: the capsule of a HAR file can be read and replayed."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

URL = "https://staging.example/api/v1/worker"
PAGE = {
    "server_id": "s",
    "server_name": "n",
    "data": [],
    "total": 0,
    "page": 1,
    "limit": 2,
    "next_cursor": None,
}
HTTP2_PSEUDO_HEADERS = (":method", ":authority", ":path", ":scheme")


def entry(**changes: Any) -> dict[str, Any]:
    """A HAR entry of Chrome for a list request, with changes: `request__method` is the request's method."""
    answer_headers = [{"name": ":status", "value": "200"}, {"name": "content-encoding", "value": "br"}]
    headers = [{"name": name, "value": "x"} for name in HTTP2_PSEUDO_HEADERS]
    har_entry: dict[str, Any] = {
        "startedDateTime": "2025-12-01T10:00:00.123Z",
        "time": 12.5,
        "request": {
            "method": "GET",
            "url": f"{URL}/tasks?limit=2",
            "headers": [*headers, {"name": "X-API-Key", "value": "a-real-key"}],
        },
        "response": {
            "status": 200,
            "headers": [*answer_headers, {"name": "content-type", "value": "application/json"}],
            "content": {"size": 9, "text": json.dumps(PAGE)},
        },
    }
    for place, value in changes.items():
        *path, name = place.split("__")
        parent = har_entry
        for key in path:
            parent = parent[key]
        parent[name] = value
    return har_entry


def read(folder: Path, *entries: Any) -> Capsule:
    """The capsule of a HAR with these entries, after it was written and read again."""
    (folder / "bug.har").write_text(json.dumps({"log": {"entries": entries}}))
    text = capsule_text(read_recording(folder / "bug.har"))
    assert "a-real-key" not in text
    return parse_capsule(text, name="bug.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"response__content": {"encoding": "base64", "text": b64encode(json.dumps(PAGE).encode()).decode()}},
        {"response__status": "200"},
        {"time": None},
        {"startedDateTime": "2025-12-01T17:00:00.123456789+07:00"},
    ],
)
def test_pseudo_headers_and_encoding_headers_are_left_out(tmp_path: Path, changes: dict[str, Any]) -> None:
    capsule = read(tmp_path, entry(**changes))
    (only,) = capsule.recorded
    assert [name for name, _ in only.exchange.request_headers] == ["x-api-key"]
    assert [name for name, _ in only.exchange.answer_headers] == ["content-type"]
    assert replay(capsule, name="bug.yaml").difference is None


def test_a_header_of_several_lines_is_several_headers(tmp_path: Path) -> None:
    headers = [{"name": "Set-Cookie", "value": "a=1\nb=2"}, {"name": "a b", "value": "no header"}]
    (only,) = read(tmp_path, entry(response__headers=headers)).recorded
    assert [name for name, _ in only.exchange.answer_headers] == ["set-cookie", "set-cookie"]


@pytest.mark.parametrize(
    ("posted", "body"),
    [
        ({"text": '{"logs": []}'}, b'{"logs":[]}'),
        ({"encoding": "base64", "text": b64encode(b'{"logs": []}').decode()}, b'{"logs":[]}'),
        ({"params": [{"name": "a b", "value": "1"}, {"name": "c"}]}, b"a+b=1&c="),
        (None, b""),
    ],
)
def test_a_request_body_is_read_in_each_har_form(tmp_path: Path, posted: Any, body: bytes) -> None:
    (only,) = read(tmp_path, entry(request__method="POST", request__postData=posted)).recorded
    assert only.exchange.request_body == body


def test_other_requests_are_left_out_with_a_note(tmp_path: Path) -> None:
    preflight = {"name": "Access-Control-Request-Method", "value": "GET"}
    others = (
        entry(request__url="https://staging.example/login"),
        entry(request__url="wss://staging.example/api/v1/worker/tasks"),
        entry(request__method="OPTIONS", request__headers=[preflight]),
    )
    capsule = read(tmp_path, *others, entry())
    assert len(capsule.recorded) == 1
    assert capsule.notes == (
        "made from bug.har",
        "left out: 2 requests to other addresses",
        "left out: 1 request with the method OPTIONS, which browsers send on their own",
    )


def test_a_har_without_content_gets_a_note(tmp_path: Path) -> None:
    capsule = read(tmp_path, entry(response__content={"size": 900}), entry())
    note = "answers without a body in bug.har: 1. To get the bodies, record them with their content"
    assert note in capsule.notes


@pytest.mark.parametrize(
    "changes",
    [
        {"response__status": 0, "response__headers": [], "response__content": {}},
        {"response": None},
        {"request__headers": []},
        {"request__method": "PUT", "request__url": f"{URL}/tasks/bulk", "request__bodySize": 5},
    ],
)
def test_what_is_not_in_the_har_is_not_compared(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Neither the answer, the key, nor the body of the request is known: the server may be right."""
    capsule = read(
        tmp_path, entry(**changes), *([] if "request__headers" not in changes else [entry(**changes)])
    )
    assert not any(recorded.is_compared for recorded in capsule.recorded)
    assert replay(capsule, name="bug.har").difference is None


UPDATE = {"request__method": "PUT", "request__url": f"{URL}/tasks/bulk"}
JSON_HEADER = {"name": "Content-Type", "value": "application/json"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"request__bodySize": 0},
        {"request__bodySize": 0, "request__headers": [JSON_HEADER]},
        {"request__postData": {"text": ""}, "request__bodySize": 0},
        {"request__postData": {"text": "[REDACTED]"}},
        {
            "request__postData": {"text": "{}"},
            "request__headers": [{"name": "Content-Length", "value": "90"}],
        },
    ],
)
def test_a_request_whose_body_a_tool_removed_blames_nobody(tmp_path: Path, changes: dict[str, Any]) -> None:
    answer = {"status": 200, "content": {"text": '{"total": 1, "success": 1, "failed": 0, "results": []}'}}
    removed = entry(**(UPDATE | changes), response={"headers": [], **answer})
    key = {"name": "X-API-Key", "value": "a-real-key"}
    if key not in removed["request"]["headers"]:
        removed["request"]["headers"] = [*removed["request"]["headers"], key]
    capsule = read(tmp_path, entry(), removed)
    assert [recorded.is_compared for recorded in capsule.recorded] == [True, False]
    assert replay(capsule, name="bug.har").difference is None


def test_an_empty_body_with_its_length_is_compared(tmp_path: Path) -> None:
    capsule = read(tmp_path, entry(**UPDATE, request__headers=[{"name": "Content-Length", "value": "0"}]))
    assert not capsule.recorded[0].lacks_request_body


def test_an_entry_without_an_answer_has_the_ending_closed(tmp_path: Path) -> None:
    (only,) = read(tmp_path, entry(response=None)).recorded
    assert (only.exchange.status, only.ending) == (None, Ending.CLOSED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"request__method": "GE T"}, "'GE T' is not a request method"),
        ({"response__status": 1200}, "1200 is not an HTTP status"),
        ({"startedDateTime": "0001-01-01T00:00:00Z"}, "before the year 1970"),
        ({"time": 1e300}, "longer than ten years"),
        ({"request__headers": [5]}, "entry 1, line 1.: a part of it has the wrong type"),
    ],
)
def test_an_entry_that_no_capsule_can_hold_is_refused_with_the_reason(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidInputError, match=why):
        read(tmp_path, entry(**changes))
