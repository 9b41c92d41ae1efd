"""HAR files as many tools and people write them: each is read, or refused with the reason."""

from __future__ import annotations

import copy
import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.mockserver.capsules.other_tools.test_har import PAGE, URL, entry
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.other_tools.har_capsule import har_text
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

Json = dict[str, Any]
LOGS = {"logs": [{"level": "INFO", "message": "Xin chào"}]}


def har() -> Json:
    """A HAR with three entries: a list, logs, and the same list."""
    posted = entry(
        request__method="POST",
        request__url=f"{URL}/logs",
        request__postData={"mimeType": "application/json", "text": json.dumps(LOGS)},
        response__content={"size": 28, "text": '{"success": true, "created": 1}'},
        startedDateTime="2025-12-01T10:00:01Z",
    )
    posted["request"]["headers"].append({"name": "content-type", "value": "application/json"})
    for listed in (entries := [entry(), posted, entry(startedDateTime="2025-12-01T10:00:02Z")]):
        listed["request"]["httpVersion"] = listed["response"]["httpVersion"] = "HTTP/1.1"
        listed["request"]["queryString"] = listed["request"]["cookies"] = []
    return {"log": {"version": "1.2", "entries": entries}}


def changed(change: Callable[[Json], object]) -> Callable[[Json], Json]:
    """Changes each entry of a HAR."""

    def change_all(value: Json) -> Json:
        for each in value["log"]["entries"]:
            change(each)
        return value

    return change_all


def second(change: Callable[[Json], object]) -> Callable[[Json], Json]:
    def change_second(value: Json) -> Json:
        change(value["log"]["entries"][1])
        return value

    return change_second


def with_url(old: str, new: str) -> Callable[[Json], Json]:
    return changed(lambda each: each["request"].update(url=each["request"]["url"].replace(old, new)))


def first(extra: Json) -> Callable[[Json], Json]:
    def insert(value: Json) -> Json:
        value["log"]["entries"].insert(0, extra)
        return value

    return insert


def packed(each: Json) -> None:
    text = each["response"]["content"]["text"].encode()
    each["response"]["content"].update(text=b64encode(gzip.compress(text)).decode(), encoding="base64")
    each["response"]["headers"].append({"name": "Content-Encoding", "value": "gzip"})


def in_base64(each: Json) -> None:
    text = each["response"]["content"]["text"].encode()
    each["response"]["content"].update(text=b64encode(text).decode(), encoding="base64")


def with_broken_byte(each: Json) -> None:
    each["request"]["postData"]["text"] = each["request"]["postData"]["text"].replace("Xin", "\udcffXin")


def headers_as_object(each: Json) -> None:
    headers = each["request"]["headers"]
    each["request"]["headers"] = {header["name"]: header["value"] for header in headers}


def without(*names: str) -> Callable[[Json], Json]:
    def remove(each: Json) -> None:
        for part in (each, each["request"], each["response"]):
            for name in names:
                part.pop(name, None)

    return changed(remove)


READ: dict[str, Callable[[Json], Any]] = {
    "as it is": lambda value: value,
    "only the log": lambda value: value["log"],
    "only the entries": lambda value: value["log"]["entries"],
    "version 1.1": lambda value: {"log": {**value["log"], "version": "1.1"}},
    "with comments": changed(lambda each: each.update(comment="c", _x={"y": 1})),
    "negative times": changed(lambda each: each.update(time=-5.5, timings={"wait": -1})),
    "no times": without("time", "timings"),
    "no starts": without("startedDateTime"),
    "starts with a zone": changed(lambda each: each.update(startedDateTime="2025-12-01T17:00:00+07:00")),
    "starts in nanoseconds": changed(
        lambda each: each.update(startedDateTime="2025-12-01T10:00:00.123456789Z")
    ),
    "starts without a zone": changed(lambda each: each.update(startedDateTime="2025-12-01 10:00:00")),
    "no versions": without("httpVersion", "cookies"),
    "no queries": without("queryString"),
    "no headers": without("headers"),
    "no bodies": without("content"),
    "headers as an object": changed(headers_as_object),
    "the status as text": changed(lambda each: each["response"].update(status="200")),
    "base64": changed(in_base64),
    "gzip in base64": changed(packed),
    "a wrong header br": changed(
        lambda each: each["response"]["headers"].append({"name": "content-encoding", "value": "br"})
    ),
    "no response": second(lambda each: each.pop("response")),
    "the response null": second(lambda each: each.update(response=None)),
    "the status 0": second(lambda each: each["response"].update(status=0, content={"size": 0})),
    "no parameters": second(
        lambda each: each["request"].update(postData={"mimeType": "application/json", "params": []})
    ),
    "a byte that is not UTF-8": second(with_broken_byte),
    "shuffled": lambda value: {"log": {"entries": value["log"]["entries"][::-1]}},
    "only paths": with_url("https://staging.example", ""),
    "an address in Vietnamese": with_url("staging.example", "máy-chủ.vn"),
    "a web socket": first(entry(request__url="wss://staging.example/ws", response__status=101)),
    "an OPTIONS request": first(entry(request__method="OPTIONS")),
}
WRITERS: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "a name twice": lambda text: text.replace('"log": {', '"log": {"version": "1.2",', 1).encode(),
    "NaN": lambda text: text.replace('"time": 12.5', '"time": NaN').encode(),
}
REFUSED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "Latin-1": (lambda text: text.replace("Xin", "Xïn").encode("latin-1"), "not in UTF-8.*iconv"),
    "cut off": (lambda text: text[: len(text) * 2 // 3].encode(), "The file ends too early"),
    "single quotes": (lambda text: text.replace('"', "'").encode(), "not JSON"),
    "a comma at the end": (lambda text: (text.rstrip()[:-1] + ",}").encode(), "not JSON"),
    "empty": (lambda text: b"", "the file is empty"),
    "no entries": (lambda text: b'{"log": {"entries": []}}', "no entries at all"),
    "another base path": (
        lambda text: text.replace("/api/v1/worker", "/gateway/x/api/v1/worker").encode(),
        "--base-path /gateway/x/api/v1/worker",
    ),
    "wrong base64": (
        lambda text: text.replace('"text": "', '"encoding": "base64", "text": "@').encode(),
        "it contains no request that can be read. passed over: 3 entries.*not",
    ),
}


@pytest.mark.parametrize("variant", READ)
def test_a_variant_is_read_and_nobody_is_blamed(tmp_path: Path, variant: str) -> None:
    (tmp_path / "bug.har").write_text(json.dumps(READ[variant](copy.deepcopy(har()))))
    capsule = read_recording(tmp_path / "bug.har")
    assert len(capsule.recorded) == 3
    assert replay(capsule, name="bug.har").difference is None


def test_a_request_whose_headers_the_tool_left_out_blames_nobody(tmp_path: Path) -> None:
    (tmp_path / "bug.har").write_text(json.dumps(second(lambda each: each["request"].pop("headers"))(har())))
    capsule = read_recording(tmp_path / "bug.har")
    assert [recorded.is_compared for recorded in capsule.recorded] == [True, False, True]
    assert replay(capsule, name="bug.har").difference is None


@pytest.mark.parametrize("part", ["response", "content", "headers"])
def test_what_somebody_removed_from_our_har_is_not_compared(tmp_path: Path, part: str) -> None:
    (tmp_path / "bug.har").write_text(json.dumps(har()))
    ours = json.loads(har_text(read_recording(tmp_path / "bug.har")))
    removed = ours["log"]["entries"][0]
    parent = {"response": removed, "content": removed["response"], "headers": removed["request"]}[part]
    parent.pop(part)
    (tmp_path / "ours.har").write_text(json.dumps(ours))
    capsule = read_recording(tmp_path / "ours.har")
    first = capsule.recorded[0]
    assert first.lacks_body if part == "content" else not first.is_compared
    assert replay(capsule, name="ours.har").difference is None


def test_our_har_with_earlier_times_becomes_a_capsule_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "bug.har").write_text(json.dumps(har()))
    ours = har_text(read_recording(tmp_path / "bug.har"))
    (tmp_path / "ours.har").write_text(re.sub('(startedDateTime.*)Z"', r'\1+07:00"', ours))
    capsule = read_recording(tmp_path / "ours.har")
    written = parse_capsule(capsule_text(capsule), name="ours.yaml")
    assert [item.exchange.began for item in written.recorded] == pytest.approx(
        [item.exchange.began for item in capsule.recorded]
    )
    assert len({item.exchange.began for item in written.recorded}) == 3


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_in_another_form_is_read_and_nobody_is_blamed(tmp_path: Path, form: str) -> None:
    (tmp_path / "bug.har").write_bytes(WRITERS[form](json.dumps(har(), ensure_ascii=False, indent=1)))
    capsule = read_recording(tmp_path / "bug.har")
    assert [recorded.exchange.status for recorded in capsule.recorded] == [200, 200, 200]
    assert capsule.recorded[0].exchange.answer_json() == PAGE
    assert replay(capsule, name="bug.har").difference is None


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_no_har_is_refused_with_the_reason(tmp_path: Path, form: str) -> None:
    write, message = REFUSED[form]
    (tmp_path / "bug.har").write_bytes(write(json.dumps(har(), ensure_ascii=False, indent=1)))
    with pytest.raises(InvalidInputError, match=message):
        read_recording(tmp_path / "bug.har")
