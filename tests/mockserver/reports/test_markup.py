"""Tests the XML and HTML elements."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, tostring

from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.reports.markup import element
from workerkit.openapi.formats.visible_text import visible_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_any_text_comes_back_from_xml(text: str, value: str) -> None:
    parsed = fromstring(tostring(element("a", text, name=value), encoding="unicode"))
    # An XML parser replaces these line ends.
    expected = visible_text(text).replace("\r\n", "\n").replace("\r", "\n")
    assert (parsed.text or "") == expected
    assert parsed.get("name") == visible_text(value)


def test_children_keep_their_order_and_none_values_are_left_out() -> None:
    parent = element(
        "p", "a", None, element("b", "c"), "d", "e", element("i"), "", "f", class_="x", aria_label=None
    )
    assert tostring(parent, encoding="unicode") == '<p class="x">a<b>c</b>de<i />f</p>'
