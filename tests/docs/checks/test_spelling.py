"""The check of spelling finds what is neither English nor a word of ours, in prose only."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.checks.spelling import WORDS, Dictionary, unknown_words

DICTIONARY = Dictionary(frozenset({"workerkit", "behaviour"}))


def unknown(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    found = (str(finding).removeprefix(f"{path}:") for finding in unknown_words(path, DICTIONARY))
    return [" ".join(message.split()[:4]) for message in found]


def test_an_unknown_word_is_found_with_its_line(tmp_path: Path) -> None:
    assert unknown(tmp_path, "A worker\nrecieves an answer.\n") == ["2: unknown word 'recieves':"]


def test_a_word_of_ours_is_known_also_at_the_beginning_of_a_sentence(tmp_path: Path) -> None:
    assert unknown(tmp_path, "Behaviour of workerkit, workerkit's behaviour\n") == []
    assert unknown(tmp_path, "WORKERKIT\n") == ["1: unknown word 'WORKERKIT':"]


@pytest.mark.parametrize(
    "text",
    [
        "`recieve`",
        "`a command\nrecieve`",
        "```sh\nrecieve\n```",
        "    recieve",
        "<!-- recieve -->",
        "[word](recieve#recieved)",
        "https://recieve.example",
        "recieve.md",
        "nhận được câu trả lời",
    ],
)
def test_what_is_no_english_prose_is_not_looked_up(tmp_path: Path, text: str) -> None:
    assert unknown(tmp_path, f"Word\n\n{text}\n") == []


def test_the_list_has_no_word_that_the_dictionary_has() -> None:
    words = WORDS.read_text("utf-8").split()
    assert words == sorted({*words}, key=lambda word: (word.lower(), word))
    assert [word for word in words if DICTIONARY.knows(word) and word not in ("workerkit", "behaviour")] == []
