"""Texts of saved files are phrases again."""

from __future__ import annotations

import pytest

from workerkit.openapi.languages.phrase import Phrase, counted_phrase, joined, phrase
from workerkit.openapi.languages.recognized_text import recognized

PHRASES: list[Phrase] = [
    phrase("Nothing goes wrong"),
    phrase("{count} of {total} exchanges were sent again.", count=3, total=4),
    counted_phrase(
        1, "left out: {count} request to other addresses", "left out: {count} requests to other addresses"
    ),
    counted_phrase(
        5, "left out: {count} request to other addresses", "left out: {count} requests to other addresses"
    ),
    phrase("its {name} {value!r} is not a number", name="status", value="x"),
    # A phrase in a phrase, and two with nothing in between.
    phrase(
        "The worker's process {how_it_ended}{after_which_exchange}.",
        how_it_ended=phrase("exited with code {exit_code}", exit_code=3),
        after_which_exchange=phrase(
            " after exchange {number} ({request}, {answer}) at {time}",
            number=30,
            request="GET /tasks",
            answer=phrase("answered {status}", status=401),
            time="0.072 s",
        ),
    ),
    # Several sentences.
    joined(
        " ",
        (
            phrase(
                "Answers without their body, of which only the status is compared: exchange {listed}.",
                listed=2,
            ),
            phrase("This happened {times} times.", times=3),
            phrase(
                "A careful worker {careful}.",
                careful=phrase("leaves the refused task alone and takes the next one"),
            ),
        ),
    ),
]


@pytest.mark.parametrize("text", PHRASES)
def test_a_text_that_was_a_phrase_is_one_again(text: Phrase) -> None:
    again = recognized(str(text), fewest_letters=10)
    assert again == str(text)
    assert again.in_language("en") == str(text)
    assert again.in_language("vi") == text.in_language("vi") != str(text)


def test_a_sentence_of_somebody_else_stays_as_it_is() -> None:
    text = "The customer has three sites. This happened 3 times. It is slow with Redis."
    again = recognized(text, fewest_letters=10)
    assert (
        again.in_language("vi")
        == "The customer has three sites. Việc này xảy ra 3 lần. It is slow with Redis."
    )


def test_a_message_with_fewer_letters_does_not_count() -> None:
    text = "its port '8080' is not a number"
    assert recognized(text, fewest_letters=12).in_language("vi") != text
    assert recognized(text, fewest_letters=20).in_language("vi") == text
