"""Characters that act become visible."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.visible_text import visible_json, visible_line, visible_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain \u1ec7 \U0001f600\t\n", "plain \u1ec7 \U0001f600\t\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;http://a\x1b\\link", "textlink"),
        ("a\x00b\x1bc\ud800d\ufffe", "a\\u0000b\\u001bc\\ud800d\\ufffe"),
    ],
)
def test_colours_are_removed_and_illegal_characters_are_replaced(text: str, expected: str) -> None:
    assert visible_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gnp.\u202etxt\u2066", "gnp.\\u202etxt\\u2066"),
        ("a\x9b2Jb\x85c\u2028d", "a\\u009b2Jb\\u0085c\\u2028d"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("one\rtwo\r\nthree", "one\ntwo\nthree"),
        ("::error::x", "\\u003a:error::x"),
        ("a\n \t::add-mask file=a::x", "a\n \t\\u003a:add-mask file=a::x"),
        ("##[error]x ##vso[task]", "\\u0023#[error]x \\u0023#vso[task]"),
        ("## A heading, ::1 and a::b::c", "## A heading, ::1 and a::b::c"),
        ("ti\u1ebfng Vi\u1ec7t \u0645\u06cc\u200c\u062e", "ti\u1ebfng Vi\u1ec7t \u0645\u06cc\u200c\u062e"),
    ],
)
def test_characters_that_act_become_codes(text: str, expected: str) -> None:
    assert visible_text(text) == expected


def test_a_text_with_many_empty_lines_takes_no_long_time() -> None:
    """Each line is read once. If all later empty lines were read again for each line, it would take hours."""
    text = "\n" * 1_000_000
    assert visible_text(f"{text} ::error::x") == f"{text} \\u003a:error::x"


@given(ANY_TEXT)
def test_no_text_acts(text: str) -> None:
    for letter in visible_text(text).replace("\n", "").replace("\t", ""):
        assert unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(letter) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
    assert len(visible_line(text).splitlines()) <= 1
    assert visible_text(visible_text(text)) == visible_text(text)


@given(
    st.recursive(ANY_TEXT.filter(str.isascii) | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_json_keeps_its_value(value: object) -> None:
    shown = visible_json(render(value))
    assert json.loads(shown) == value
    assert visible_text(shown.decode()) == shown.decode()
