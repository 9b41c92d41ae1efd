from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from workerkit.openapi.masking.encodings import base64_forms, base64_fragments, decodings, encoded_forms

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(deadline=None)
@given(text=TEXTS)
def test_a_text_is_known_in_urls_and_in_json(text: str) -> None:
    forms = {text, quote(text), quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]}
    assert forms <= encoded_forms(text)
    assert re.sub("%..", lambda found: found[0].lower(), quote(text)) in encoded_forms(text)
    assert json.dumps(json.dumps(text, ensure_ascii=False)[1:-1])[1:-1] in encoded_forms(text)


def test_the_empty_text_has_no_form() -> None:
    assert encoded_forms("") == set()


def test_a_text_that_is_the_same_everywhere_has_one_form() -> None:
    assert encoded_forms("server-01-key") == {"server-01-key"}


@settings(deadline=None)
@given(text=st.text(st.characters(codec="utf-8", min_codepoint=1), min_size=1, max_size=12))
@example(text='\U0001f511 pä"ss')
def test_a_form_of_a_text_is_decoded_to_it(text: str) -> None:
    assume(not re.search(r"[%\\]", text))
    for form in (quote(text, safe=""), json.dumps(text)[1:-1], quote(json.dumps(text)[1:-1])):
        assert text in {form, *decodings(form)}


def test_layers_of_encoding_are_undone_one_after_the_other() -> None:
    assert list(decodings("a%2525\\u0020b")) == ["a%25\\u0020b", "a%25 b", "a% b"]
    assert list(decodings("nothing to do")) == []


@pytest.mark.parametrize("text", ["%", "%zz", "\\", "\\u12", "\\x", "\\ud800", "100%\\"])
def test_what_is_no_escape_is_left(text: str) -> None:
    for plain in decodings(text):
        plain.encode()


@settings(deadline=None)
@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=9, max_size=16),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
)
def test_a_secret_is_found_in_the_base64_of_what_holds_it(secret: str, before: bytes, after: bytes) -> None:
    whole = before + secret.encode() + after
    for encode in (b64encode, urlsafe_b64encode):
        assert any(form in encode(whole).decode() for form in base64_fragments(secret))


@settings(deadline=None)
@given(secret=TEXTS)
def test_a_secrets_own_base64_is_known_with_its_padding_and_without(secret: str) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        whole = encode(secret.encode()).decode()
        assert {whole, whole.rstrip("=")} <= base64_forms(secret)


def test_what_could_be_chance_is_not_looked_for() -> None:
    assert base64_fragments("abc") == set()
