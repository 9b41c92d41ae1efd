"""Tests the XML and HTML elements."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.reports.markup import clean_text, element

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_any_text_comes_back_from_xml(text: str, value: str) -> None:
    parsed = fromstring(tostring(element("a", text, name=value), encoding="unicode"))
    # An XML parser replaces these line ends.
    expected = clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    assert (parsed.text or "") == expected
    assert parsed.get("name") == clean_text(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain \u1ec7 \U0001f600\t\n", "plain \u1ec7 \U0001f600\t\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;http://a\x1b\\link", "textlink"),
        ("a\x00b\x1bc\ud800d\ufffe", "a\ufffdb\ufffdc\ufffdd\ufffd"),
    ],
)
def test_colours_are_removed_and_illegal_characters_are_replaced(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_children_keep_their_order_and_none_values_are_left_out() -> None:
    parent = element(
        "p", "a", None, element("b", "c"), "d", "e", element("i"), "", "f", class_="x", aria_label=None
    )
    assert tostring(parent, encoding="unicode") == '<p class="x">a<b>c</b>de<i />f</p>'
