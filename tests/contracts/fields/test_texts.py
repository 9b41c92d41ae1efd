"""Which listed texts are right for a written text."""

from __future__ import annotations

from unicodedata import normalize
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.contracts.fields.texts import (
    LOOKALIKES,
    MIXED_URL,
    PLAIN_URLS,
    UNUSUAL_URLS,
    URL_PARTS,
    FieldText,
    difference,
    shortened,
)


@pytest.mark.parametrize(
    "text", [*PLAIN_URLS, *UNUSUAL_URLS, *URL_PARTS, *LOOKALIKES], ids=lambda text: text.kind
)
def test_every_text_may_be_listed_as_written(text: FieldText) -> None:
    assert difference(text, text.value) is None


@pytest.mark.parametrize("text", [*UNUSUAL_URLS, *URL_PARTS], ids=lambda text: text.kind)
def test_an_unusual_url_may_be_listed_in_a_normal_form(text: FieldText) -> None:
    browser_form = quote(text.value.strip().replace("\\", "/"), safe="/:%")
    stripped = text.value.strip().replace("\t", "").replace("\n", "").replace("\0", "")
    for listed in (browser_form, stripped, normalize("NFC", stripped)):
        assert difference(text, listed) is None


@pytest.mark.parametrize("text", PLAIN_URLS, ids=lambda text: text.kind)
def test_a_plain_url_has_no_other_form(text: FieldText) -> None:
    for listed in (text.value[:-1], text.value + "/", text.value.lower() + "x", "", None, 7):
        assert difference(text, listed) is not None


@given(st.sampled_from([*UNUSUAL_URLS, *URL_PARTS]), st.integers(1, 2000))
def test_a_text_that_was_cut_is_found(text: FieldText, length: int) -> None:
    cut = text.value.strip()[:length]
    # A URL without the slash at its end is the same URL.
    if len(cut) < len(text.value.strip().rstrip("/")):
        assert difference(text, cut) is not None


@pytest.mark.parametrize(
    "listed",
    [
        MIXED_URL.value.replace("&", "&amp;"),
        MIXED_URL.value.replace("<b>", ""),
        MIXED_URL.value.replace("🎉", "?"),
        MIXED_URL.value.replace("+", " "),
        MIXED_URL.value.replace("Đ", "D"),
        MIXED_URL.value.encode().decode("latin-1"),
    ],
)
def test_a_changed_text_is_found(listed: str) -> None:
    assert "has" in str(difference(MIXED_URL, listed))


def test_a_text_that_is_no_url_may_be_dropped_but_not_changed() -> None:
    for text in LOOKALIKES:
        for dropped in (None, "", "https://example.com/before"):
            assert difference(text, dropped) is None
    assert difference(LOOKALIKES[1], 123) == "lists 123"
    assert difference(LOOKALIKES[1], "123") is not None


def test_a_message_names_the_place_of_the_first_difference() -> None:
    long_url = UNUSUAL_URLS[1]
    assert difference(long_url, long_url.value[:255]) == "lists only the first 255 of its 300 characters"
    escaped = PLAIN_URLS[0].value.replace("&", "&amp;")
    assert difference(PLAIN_URLS[0], escaped) == (
        'lists another text: from character 38 on it has "1&amp;b=2" in place of "1&b=2"'
    )


def test_shown_texts_are_short_and_can_be_printed() -> None:
    assert shortened("x" * 300) == f'"{"x" * 40}…"'
    assert shortened("\ud800").encode() == rb'"\ud800"'
    assert shortened(["workerkit"]) == '["workerkit"]'
