"""Elements of XML and HTML."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.reports.markup import element, legal

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_any_text_comes_back_from_xml(text: str, value: str) -> None:
    read = fromstring(tostring(element("a", text, name=value), encoding="unicode"))
    unbroken = {"\r\n": "\n", "\r": "\n"}
    expected = legal(text)
    for was, now in unbroken.items():
        expected = expected.replace(was, now)
    assert (read.text or "") == expected
    assert read.get("name") == legal(value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \u1ec7 \U0001f600\t\n", "plain \u1ec7 \U0001f600\t\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;http://a\x1b\\link", "textlink"),
        ("a\x00b\x1bc\ud800d\ufffe", "a\ufffdb\ufffdc\ufffdd\ufffd"),
    ],
)
def test_colours_go_and_what_cannot_be_said_is_replaced(text: str, shown: str) -> None:
    assert legal(text) == shown


def test_children_stand_in_their_order_and_none_is_left_out() -> None:
    made = element(
        "p", "a", None, element("b", "c"), "d", "e", element("i"), "", "f", class_="x", aria_label=None
    )
    assert tostring(made, encoding="unicode") == '<p class="x">a<b>c</b>de<i />f</p>'
