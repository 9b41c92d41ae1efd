"""A phrase is its English text, and knows its translations."""

from __future__ import annotations

import copy
import json
import pickle

from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.visible_text import visible_line, visible_text
from workerkit.openapi.languages.phrase import (
    Phrase,
    changed_text,
    counted_phrase,
    error_text,
    joined,
    phrase,
    text_in,
)
from workerkit.openapi.languages.report_language import report_language, reports_in
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.flaw import FlawError


def test_a_phrase_is_a_text_in_english() -> None:
    text = phrase("Requests: {costs}.", costs=phrase("first requests"))
    assert text == "Requests: first requests."
    assert json.loads(render({"text": text})) == json.loads(json.dumps({"text": text})) == {"text": str(text)}
    assert type(json.loads(render([text]))[0]) is str


def test_its_values_are_translated_with_it() -> None:
    text = phrase("Requests: {costs}.", costs=phrase("first requests"))
    assert text.in_language("vi") == "Request: request đầu tiên."
    assert text.in_language("en") == "Requests: first requests."


def test_a_text_without_a_translation_stays_in_english() -> None:
    assert phrase("A title of {name}", name="mine").in_language("vi") == "A title of mine"
    assert phrase("").in_language("vi") == ""
    assert text_in("a plain text", "vi") == "a plain text"


def test_braces_stay_if_there_are_no_values() -> None:
    assert phrase("the body {}") == "the body {}"


def test_a_number_has_its_form_in_each_language() -> None:
    one, more = (counted_phrase(count, "{count} scenario", "{count} scenarios") for count in (1, 2))
    assert (one, more) == ("1 scenario", "2 scenarios")
    assert (one.in_language("vi"), more.in_language("vi")) == ("1 scenario", "2 scenario")


def test_texts_that_are_put_together_stay_phrases() -> None:
    reason = phrase("no answer")
    for text in (joined(": ", ("#4", reason)), "#4: " + reason, phrase("{a}: {b}", a="#4", b=reason)):
        assert text == "#4: no answer"
        assert text_in(text, "vi") == "#4: không có câu trả lời"
    assert text_in(reason + "!", "vi") == "không có câu trả lời!"
    assert text_in(joined(phrase(" and "), "ab"), "vi") == "a và b"


def test_a_mask_hides_secrets_in_each_language() -> None:
    mask = Mask((("API key", "hunter2secret"),), salt=b"")
    masked = mask.text(phrase("no key hunter2secret {text}", text=phrase("no answer")))
    assert "hunter2secret" not in masked + text_in(masked, "vi")
    assert text_in(masked, "vi").endswith("không có câu trả lời")
    assert text_in(changed_text(phrase("no answer"), str.upper), "vi") == "KHÔNG CÓ CÂU TRẢ LỜI"


def test_copies_are_plain_texts() -> None:
    text = phrase("no answer")
    for same in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert same == text
        assert not isinstance(same, Phrase)


def test_an_error_keeps_the_phrase_that_it_was_made_with() -> None:
    error = FlawError("body/status", phrase("is required"))
    assert str(error) == "body/status: is required"
    assert text_in(error_text(error), "vi") == "body/status: là bắt buộc"
    assert error_text(ValueError("plain")) == "plain"


def test_texts_are_shown_in_the_language_of_the_reports() -> None:
    text = phrase("no answer")
    with reports_in("vi"):
        assert (visible_text(text), visible_line(text), report_language()) == (
            text.in_language("vi"),
        ) * 2 + ("vi",)
    assert (visible_text(text), report_language()) == ("no answer", "en")
