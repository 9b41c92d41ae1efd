"""Capsules as files: what is written is read again, and what is damaged is refused with its place."""

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
from workerkit.mockserver.capsules.file.body import block
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.file.reader import parse_capsule, read_capsule
from workerkit.mockserver.capsules.file.schema import capsule_schema
from workerkit.mockserver.capsules.file.writer import CapsuleText, capsule_text
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


def recorded(**fields: Any) -> Recorded:
    values = {"path": "/api/v1/worker/tasks", "method": "GET", "operation": "listTasks", "status": 200}
    ending = fields.pop("ending", Ending.WHOLE)
    return Recorded(exchange(**{**values, "began": BEGAN, "ended": BEGAN + 0.25, **fields}), ending)


def capsule(*exchanges: Recorded, **fields: Any) -> Capsule:
    places = enumerate(exchanges, 1)
    numbered = (replace(each, exchange=replace(each.exchange, number=place)) for place, each in places)
    return Capsule(BEGAN, tuple(numbered), **fields)


def read(text: str) -> Capsule:
    return parse_capsule(text, name="c.yaml")


def refusal(text: str) -> str:
    """Why a text is refused; nothing where it is read."""
    try:
        read(text)
    except InvalidInputError as error:
        return str(error)
    return ""


def meaning(exchange: Exchange) -> tuple[object, ...]:
    """Bodies by what they say: spaces between JSON's words are not kept."""
    return tuple(_json_or_bytes(each) for each in (exchange.request_body, exchange.answer_body))


def _json_or_bytes(body: bytes) -> object:
    try:
        return parse(body)
    except MalformedJsonError:
        return body


@settings(max_examples=80, deadline=None)
@given(bodies=st.lists(st.binary(max_size=30) | TEXTS.map(str.encode), min_size=2, max_size=2), query=TEXTS)
def test_whatever_bytes_a_body_has_come_back(bodies: list[bytes], query: str) -> None:
    one = capsule(recorded(request_body=bodies[0], answer_body=bodies[1], query=query))
    back = read(capsule_text(one)).recorded[0].exchange
    assert (meaning(back), back.query) == (meaning(one.recorded[0].exchange), query)


@settings(max_examples=80, deadline=None)
@given(value=st.dictionaries(TEXTS, JSONS, max_size=4))
def test_json_comes_back_as_it_was(value: dict[str, Any]) -> None:
    one = capsule(recorded(answer_body=render(value)))
    assert parse(read(capsule_text(one)).recorded[0].exchange.answer_body) == parse(render(value))


def test_what_is_read_is_written_the_same_again() -> None:
    one = capsule(
        recorded(request_headers=(("x-api-key", "key-1"),), answer_body=LONG, server="server-01"),
        recorded(status=None, ending=Ending.RESET, why="reset", request_body=b"\xff\x00", method="POST"),
        recorded(answer_body=LONG, ended=BEGAN + 3),
        world={"format": 1},
        upstream="https://api.example/api/v1/worker",
        expected="200",
        notes=("a note", "another"),
    )
    text = capsule_text(one)
    assert read(text) == replace(one, recorded=read(text).recorded)
    assert capsule_text(read(text)) == text


def test_the_same_long_body_is_written_once() -> None:
    text = capsule_text(capsule(*[recorded(answer_body=LONG) for _ in range(5)]))
    assert text.count("x" * 5000) == 1
    assert [each.exchange.answer_body for each in read(text).recorded] == [LONG] * 5


def test_a_file_is_whole_after_each_exchange() -> None:
    writer, texts = CapsuleText(BEGAN), []
    text = writer.head(capsule())
    for number in range(4):
        assert len(read(text).recorded) == number
        text += writer.exchange(recorded(ended=BEGAN + number, answer_body=LONG))
        texts.append(text)
    assert len(read(texts[-1]).recorded) == 4


def test_exchanges_are_in_the_order_in_which_they_began() -> None:
    late, early = recorded(began=BEGAN + 1, ended=BEGAN + 2), recorded(ended=BEGAN + 9)
    back = read(capsule_text(capsule(early, late)))
    assert [(each.exchange.number, round(each.exchange.began - BEGAN)) for each in back.recorded] == [
        (1, 0),
        (2, 1),
    ]


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


def test_a_mistake_in_an_old_capsule_has_its_place() -> None:
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
    "newer": ("capsule: 1", "capsule: 2", "1:10: the capsule has version 2.*take a newer"),
    "another file": ("capsule: 1\n", "", "1:1: this is no capsule"),
    "version is text": ("capsule: 1", "capsule: one", "1:10: a whole number"),
    "no time": ("began: 2025-12-01T10:00:00.000Z", "began: soon", "2:8: "),
    "unknown key": ("began:", "begun:", '2:1: unknown key "begun"'),
    "unknown in exchange": (
        "    took: 0.5\n    request:\n",
        "    tok: 0.5\n    request:\n",
        '5:5: unknown key "tok"',
    ),
    "times backwards": ("at: 2.0", "at: 0.2", "13:5: .*backwards"),
    "negative": ("at: 2.0", "at: -2.0", "13:9: .*out of bounds"),
    "no number": ("at: 2.0", "at: [2]", "13:9: a number is expected"),
    "bad base64": ('"/wA="', '"/wA"', "16:42: this is no base64"),
    "body missing": ('{base64: "/wA="}', "{same: body-9}", "16:40: there is no body named body-9"),
    "two bodies": ('{base64: "/wA="}', "{text: a, json: {}}", "16:33: .*exactly one"),
    "no answer": ('\n    answer: {status: 200, body: {base64: "/wA="}}', "", "13:5: .*neither"),
    "status": ("answer: {status: 200", "answer: {status: 2000", "16:22: 2000 is no status"),
    "method": ("{method: GET", "{method: 'G T'", "15:23: "),
    "header": ('[["x-api-key", "key-1"]]', '[["x-api-key"]]', "9:17: a header is a pair"),
    "header in lines": ('"key-1"', r'"a\r\nb: c"', "9:17: "),
    "alias": ('"key-1"', "*a", "9:32: .*aliases|9:31: .*aliases"),
    "cut": ('status: 200, body: {base64: "/wA="}}', "status: 20", "1[67]:"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_with_the_place(damage: str) -> None:
    old, new, message = DAMAGES[damage]
    assert len(read(WHOLE).recorded) == 2
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    with pytest.raises(InvalidInputError) as refused:
        read(text)
    assert re.match(rf"c\.yaml:(?:{message})", str(refused.value)), str(refused.value)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(WHOLE) - 2))
def test_a_file_cut_anywhere_is_read_or_refused_with_its_place(cut: int) -> None:
    assert re.match(r"c\.yaml:\d+:\d+: |$", refusal(WHOLE[:cut]))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        read_capsule(tmp_path / "none.yaml")
    (tmp_path / "c.yaml").write_bytes(b"capsule: \xff")
    with pytest.raises(InvalidInputError, match=r"c\.yaml:1:1: "):
        read_capsule(tmp_path / "c.yaml")


# The schema


def allows(text: str) -> bool:
    schema = jsonschema_rs.validator_for(capsule_schema())
    return schema.is_valid(yaml_nodes.load(text, name="c.yaml").plain())


def test_the_schema_allows_what_is_written() -> None:
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


FORMAL = ("unknown key", "unknown in exchange", "negative", "no number", "two bodies", "no answer", "status")


@pytest.mark.parametrize("damage", FORMAL)
def test_the_schema_refuses_what_the_reader_refuses_for_its_form(damage: str) -> None:
    old, new, _ = DAMAGES[damage]
    assert not allows(WHOLE.replace(old, new))


def test_the_schema_for_editors_is_that_of_the_model() -> None:
    file = Path(__file__).parents[4] / "scenarios" / "capsule.schema.json"
    assert json.loads(file.read_text()) == json.loads(json.dumps(capsule_schema()))


@given(began=st.floats(1, 4_000_000_000))
def test_whenever_it_began_no_time_is_before_the_start(began: float) -> None:
    one = Recorded(exchange(began=began, ended=began))
    back = read(capsule_text(Capsule(began, (one,))))
    assert abs(back.recorded[0].exchange.began - began) < 1e-5


@settings(deadline=None)
@given(value=JSONS, indent=st.sampled_from(["", "  ", " " * 8]))
def test_a_block_is_json_in_lines_that_stand_behind_the_indent(value: Any, indent: str) -> None:
    written = block(value, indent)
    lines = written.removesuffix("\n").split("\n")
    assert all(line.startswith(f"{indent}  ") for line in lines)
    plain = "\n".join(line.removeprefix(f"{indent}  ") for line in lines)
    assert parse(plain.encode()) == parse(render(value))
    assert plain[0] not in " \n"
    assert plain[-1] not in " \n"
