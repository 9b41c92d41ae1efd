from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_what_is_rendered_is_read_back(value: Any) -> None:
    assert parse(render(value)) == value


@settings(deadline=None)
@given(
    st.binary(max_size=30) | st.text('[]{}",:0123456789.eE+-\\utrfalsn \ud7ff', max_size=30).map(str.encode)
)
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        value = parse(text)
    except MalformedJsonError:
        return
    assert parse(render(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1E400",
        b"1" * 400,
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\xed\xa0\x80"',
        b"\xff",
        b'"\xc3"',
        b"\xef\xbb\xbf{}",
        b"{}\x00",
        b'"\x01"',
        b"01",
        b"+1",
        b".5",
        b"[1,]",
        b"{'a': 1}",
        b'{"a" 1}',
        b'{1: "a"}',
        b"1 2",
        b"// no\n1",
        b"[1",
        b"undefined",
    ],
)
def test_what_only_some_readers_take_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedJsonError) as caught:
        parse(text)
    assert str(caught.value)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_two_hundred_levels_are_read_and_more_are_not(opening: bytes, closing: bytes) -> None:
    levels = opening.count(b"[") + opening.count(b"{")
    fits = 200 // levels
    assert parse(opening * fits + b"1" + closing * fits)
    with pytest.raises(MalformedJsonError, match="more than 200 levels"):
        parse(opening * (fits + 1) + b"1" + closing * (fits + 1))


@pytest.mark.parametrize("levels", [300, 1024, 1025, 1_000_000])
def test_a_depth_bomb_is_refused(levels: int) -> None:
    with pytest.raises(MalformedJsonError):
        parse(b"[" * levels + b"]" * levels)
    with pytest.raises(MalformedJsonError):
        parse(b'{"x":' * levels)


def test_a_wide_document_is_not_a_deep_one() -> None:
    wide: list[Any] = [{"inner": [{}]} for _ in range(1000)]
    assert parse(render(wide)) == wide


def test_the_deepest_part_counts_however_much_stands_beside_it() -> None:
    beside = b"[]," * 300
    assert parse(b"[" + beside + b"[" * 199 + b"]" * 199 + b"]")
    with pytest.raises(MalformedJsonError, match="more than 200 levels"):
        parse(b"[" + beside + b"[" * 200 + b"]" * 200 + b"]")


def test_brackets_in_text_are_no_levels() -> None:
    assert parse(b'"' + b"[" * 1000 + b'"') == "[" * 1000


def test_the_deepest_that_is_read_can_be_rendered_inside_an_answer() -> None:
    deepest = parse(b"[" * 200 + b"]" * 200)
    around = {"exchanges": [{"request": {"body": deepest}}]}
    assert render(around).count(b"[") == 201


def test_integers_beyond_64_bits_are_rendered_in_full() -> None:
    assert render({"n": 2**70, "é": -(2**70)}) == f'{{"n":{2**70},"é":{-(2**70)}}}'.encode()


def test_of_two_members_of_one_name_the_last_counts() -> None:
    assert parse(b'{"a": 1, "a": 2}') == {"a": 2}
