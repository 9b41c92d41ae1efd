"""Capsule files: a written file is read again, and a damaged file is refused with line and column."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.capsules.file.body import json_block
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.schema import capsule_schema
from workerkit.mockserver.capsules.file.writer import CapsuleFormatter, capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

BEGAN = 1_764_583_200.0
LONG = b'{"data":["' + b"x" * 5000 + b'"]}'
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def recorded(**fields: Any) -> RecordedExchange:
    values = {"path": "/api/v1/worker/tasks", "method": "GET", "operation": "listTasks", "status": 200}
    ending = fields.pop("ending", Ending.WHOLE)
    return RecordedExchange(exchange(**{**values, "began": BEGAN, "ended": BEGAN + 0.25, **fields}), ending)


def capsule(*exchanges: RecordedExchange, **fields: Any) -> Capsule:
    numbered = (
        replace(recorded, exchange=replace(recorded.exchange, number=number))
        for number, recorded in enumerate(exchanges, 1)
    )
    return Capsule(BEGAN, tuple(numbered), **fields)


def read(text: str) -> Capsule:
    return parse_capsule(text, name="c.yaml")


def refusal(text: str) -> str:
    """The message with which the reader refuses a text. Empty if the text is read."""
    try:
        read(text)
    except InvalidInputError as error:
        return str(error)
    return ""


def body_values(exchange: Exchange) -> tuple[object, ...]:
    """The values of both bodies. A capsule file does not keep the spaces in JSON."""
    return tuple(_json_or_bytes(body) for body in (exchange.request_body, exchange.answer_body))


def _json_or_bytes(body: bytes) -> object:
    try:
        return parse(body)
    except MalformedJsonError:
        return body


@settings(max_examples=80, deadline=None)
@given(bodies=st.lists(st.binary(max_size=30) | TEXTS.map(str.encode), min_size=2, max_size=2), query=TEXTS)
def test_all_bytes_of_a_body_are_read_again(bodies: list[bytes], query: str) -> None:
    original = capsule(recorded(request_body=bodies[0], answer_body=bodies[1], query=query))
    back = read(capsule_text(original)).recorded[0].exchange
    assert (body_values(back), back.query) == (body_values(original.recorded[0].exchange), query)


@settings(max_examples=80, deadline=None)
@given(value=st.dictionaries(TEXTS, JSONS, max_size=4))
def test_json_is_read_again_unchanged(value: dict[str, Any]) -> None:
    original = capsule(recorded(answer_body=render(value)))
    assert parse(read(capsule_text(original)).recorded[0].exchange.answer_body) == parse(render(value))


def test_a_capsule_that_was_read_is_written_in_the_same_way() -> None:
    original = capsule(
        recorded(request_headers=(("x-api-key", "key-1"),), answer_body=LONG, server="server-01"),
        recorded(status=None, ending=Ending.RESET, why="reset", request_body=b"\xff\x00", method="POST"),
        recorded(answer_body=LONG, ended=BEGAN + 3),
        world={"format": 1},
        upstream="https://api.example/api/v1/worker",
        expected="200",
        notes=("a note", "another"),
    )
    text = capsule_text(original)
    assert read(text) == replace(original, recorded=read(text).recorded)
    assert capsule_text(read(text)) == text


def test_the_same_long_body_is_written_once() -> None:
    text = capsule_text(capsule(*[recorded(answer_body=LONG) for _ in range(5)]))
    assert text.count("x" * 5000) == 1
    assert [recorded.exchange.answer_body for recorded in read(text).recorded] == [LONG] * 5


def test_a_file_is_valid_after_each_exchange() -> None:
    formatter, texts = CapsuleFormatter(BEGAN), []
    text = formatter.head(capsule())
    for number in range(4):
        assert len(read(text).recorded) == number
        text += formatter.exchange(recorded(ended=BEGAN + number, answer_body=LONG))
        texts.append(text)
    assert len(read(texts[-1]).recorded) == 4


def test_exchanges_are_sorted_by_their_start() -> None:
    late, early = recorded(began=BEGAN + 1, ended=BEGAN + 2), recorded(ended=BEGAN + 9)
    back = read(capsule_text(capsule(early, late)))
    starts = [(item.exchange.number, round(item.exchange.began - BEGAN)) for item in back.recorded]
    assert starts == [(1, 0), (2, 1)]


VERSION_0 = """\
capsule: 0
began: 2025-12-01T10:00:00Z
exchanges:
  - at_ms: 0
    took_ms: 12.5
    request: {method: GET, path: /api/v1/worker/tasks}
    answer: {status: 200, body: {json: {data: []}}}
  - at_ms: 250
    took_ms: 5000
    request: {method: POST, path: /api/v1/worker/health}
    answer: null
"""


def test_a_capsule_of_version_0_is_read() -> None:
    one, other = read(VERSION_0).recorded
    assert (one.exchange.began, one.exchange.ended) == (BEGAN, BEGAN + 0.0125)
    assert (other.ending, other.exchange.status, other.exchange.began) == (Ending.HUNG, None, BEGAN + 0.25)


def test_a_mistake_in_an_old_capsule_is_reported_with_line_and_column() -> None:
    with pytest.raises(InvalidInputError, match=r"^c\.yaml:5:14: "):
        read(VERSION_0.replace("12.5", "soon"))


WHOLE = """\
capsule: 1
began: 2025-12-01T10:00:00.000Z
exchanges:
  - at: 1.0
    took: 0.5
    request:
      method: GET
      path: /api/v1/worker/tasks
      headers: [["x-api-key", "key-1"]]
    answer:
      status: 200
      body: {json: {"data": []}}
  - at: 2.0
    took: 0.5
    request: {method: GET, path: /api/v1/worker/tasks}
    answer: {status: 200, body: {base64: "/wA="}}
"""
DAMAGES = {
    "newer": ("capsule: 1", "capsule: 2", "1:10: the capsule has version 2.*install a newer"),
    "another file": ("capsule: 1\n", "", "1:1: this is not a capsule"),
    "version is text": ("capsule: 1", "capsule: one", "1:10: a whole number"),
    "no time": ("began: 2025-12-01T10:00:00.000Z", "began: soon", "2:8: "),
    "unknown key": ("began:", "begun:", '2:1: unknown key "begun"'),
    "unknown in exchange": (
        "    took: 0.5\n    request:\n",
        "    tok: 0.5\n    request:\n",
        '5:5: unknown key "tok"',
    ),
    "not sorted": ("at: 2.0", "at: 0.2", "13:5: .*Sort the exchanges by the time when they ended"),
    "negative": ("at: 2.0", "at: -2.0", "13:9: .*is not allowed"),
    "no number": ("at: 2.0", "at: [2]", "13:9: a number is expected"),
    "bad base64": ('"/wA="', '"/wA"', "16:42: this is not base64"),
    "body missing": ('{base64: "/wA="}', "{same: body-9}", "16:40: there is no body named body-9"),
    "two bodies": ('{base64: "/wA="}', "{text: a, json: {}}", "16:33: .*exactly one"),
    "no answer": ('\n    answer: {status: 200, body: {base64: "/wA="}}', "", '13:5: "answer" is missing'),
    "status": ("answer: {status: 200", "answer: {status: 2000", "16:22: 2000 is not an HTTP status"),
    "method": ("{method: GET", "{method: 'G T'", "15:23: "),
    "header": ('[["x-api-key", "key-1"]]', '[["x-api-key"]]', "9:17: a header is a pair"),
    "header in lines": ('"key-1"', r'"a\r\nb: c"', "9:17: "),
    "alias": ('"key-1"', "*a", "9:32: .*aliases|9:31: .*aliases"),
    "cut": ('status: 200, body: {base64: "/wA="}}', "status: 20", "1[67]:"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_with_line_and_column(damage: str) -> None:
    old, new, message = DAMAGES[damage]
    assert len(read(WHOLE).recorded) == 2
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    with pytest.raises(InvalidInputError) as refused:
        read(text)
    assert re.match(rf"c\.yaml:(?:{message})", str(refused.value)), str(refused.value)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(WHOLE) - 2))
def test_a_file_cut_anywhere_is_read_or_refused_with_line_and_column(cut: int) -> None:
    assert re.match(r"c\.yaml:\d+:\d+: |$", refusal(WHOLE[:cut]))


def test_a_missing_file_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="does not exist"):
        read_recording(tmp_path / "none.yaml")
    (tmp_path / "c.yaml").write_bytes(b"capsule: \xff")
    with pytest.raises(InvalidInputError, match=r"c\.yaml:1: this line is not in UTF-8"):
        read_recording(tmp_path / "c.yaml")


# The schema


def allows(text: str) -> bool:
    schema = jsonschema_rs.validator_for(capsule_schema())
    return schema.is_valid(yaml_nodes.load(text, name="c.yaml").plain())


def test_the_schema_allows_every_written_file() -> None:
    assert allows(WHOLE)
    many = capsule(
        recorded(request_body=b"\xff", answer_body=LONG, server="server-01", why="x"),
        recorded(request_body=LONG, query="a=b", ending=Ending.CUT),
        recorded(request_body=b"text", status=None, ending=Ending.HUNG),
        world={"format": 1},
        upstream="u",
        expected="e",
        scenario="s",
        notes=("n",),
    )
    assert allows(capsule_text(many))
    assert allows(capsule_text(capsule()))


IN_SCHEMA = (
    "unknown key",
    "unknown in exchange",
    "negative",
    "no number",
    "two bodies",
    "no answer",
    "status",
)


@pytest.mark.parametrize("damage", IN_SCHEMA)
def test_the_schema_refuses_a_damaged_structure_like_the_reader(damage: str) -> None:
    old, new, _ = DAMAGES[damage]
    assert not allows(WHOLE.replace(old, new))


def test_the_schema_file_is_up_to_date() -> None:
    file = Path(__file__).parents[4] / "scenarios" / "capsule.schema.json"
    assert json.loads(file.read_text()) == json.loads(json.dumps(capsule_schema()))


@given(began=st.floats(1, 4_000_000_000))
def test_the_start_of_an_exchange_is_kept(began: float) -> None:
    original = RecordedExchange(exchange(began=began, ended=began))
    back = read(capsule_text(Capsule(began, (original,))))
    assert abs(back.recorded[0].exchange.began - began) < 1e-5


@settings(deadline=None)
@given(value=JSONS, indent=st.sampled_from(["", "  ", " " * 8]))
def test_a_block_is_json_in_indented_lines(value: Any, indent: str) -> None:
    lines = json_block(value, indent).removesuffix("\n").split("\n")
    assert all(line.startswith(f"{indent}  ") for line in lines)
    plain = "\n".join(line.removeprefix(f"{indent}  ") for line in lines)
    assert parse(plain.encode()) == parse(render(value))
    assert plain[0] not in " \n"
    assert plain[-1] not in " \n"
