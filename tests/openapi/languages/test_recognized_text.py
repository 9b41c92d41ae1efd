"""Texts of saved files are phrases again."""

from __future__ import annotations

import pytest

from workerkit.openapi.languages import recognized_text
from workerkit.openapi.languages.catalogue import NoCatalogueError
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


@pytest.mark.parametrize(
    "text",
    [
        "server verdict: x"
        + "x (x" * 60
        + " of x" * 40
        + " rules; x" * 12
        + " requests in x" * 10
        + " s, seed x)\n",
        "A. " * 330,
    ],
    ids=["many values", "many sentences"],
)
def test_a_text_of_a_stranger_takes_no_long_time(text: str) -> None:
    """If each place of each value was tried, the first text would take years."""
    assert len(text) <= 1000
    assert recognized(text, fewest_letters=0).in_language("vi") == text


def test_long_values_side_by_side_are_not_parted_at_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    match = recognized_text._match

    def counted_match(text: str, language: str, fewest_letters: int = 0) -> object:
        texts.append(text)
        return match(text, language, fewest_letters)

    monkeypatch.setattr(recognized_text, "_match", counted_match)
    for count, are_parted in ((80, True), (480, False)):
        texts.clear()
        recognized(f"The worker's process {', ' * count}.", fewest_letters=10).in_language("vi")
        assert (len(texts) > 100) is are_parted


def test_a_text_of_more_than_1000_characters_stays_as_it_is() -> None:
    text = "This happened 3 times."
    for room, is_kept in ((1000 - len(text) - 2, False), (1000 - len(text) - 1, True)):
        long = f"{'X' * room}. {text}"
        assert (recognized(long, fewest_letters=10).in_language("vi") == long) is is_kept


def test_a_language_without_a_catalogue_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(NoCatalogueError, match="make messages writes it"):
        recognized("This happened 3 times.", fewest_letters=10).in_language("xx")
