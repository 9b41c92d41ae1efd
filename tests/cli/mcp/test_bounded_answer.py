"""Answers have a limited size, and say where to go on."""

from __future__ import annotations

from typing import Any

from workerkit.cli.mcp.bounded_answer import MAX_CHARACTERS, answer_text, cut, list_page, text_page


def test_the_parts_of_a_text_are_the_text() -> None:
    text = "".join(map(str, range(10_000)))
    parts: list[Any] = []
    start: int | None = 0
    while start is not None:
        page = text_page(text, start)
        parts.append(page["text"])
        start = page["next_start"]
    assert "".join(parts) == text
    assert max(map(len, parts)) == MAX_CHARACTERS
    assert len(parts) == 4


def test_the_parts_of_a_list_are_the_list() -> None:
    items = [{"text": "x" * length} for length in (5_000, 5_000, 5_000, 20_000, 1)]
    parts: list[Any] = []
    start: int | None = 0
    while start is not None:
        page = list_page(items, start)
        parts.append(page["items"])
        start = page["next_start"]
    assert [len(part) for part in parts] == [2, 1, 1, 1]
    assert [item for part in parts for item in part] == items


def test_an_empty_list_ends_at_once() -> None:
    assert list_page([], 0) == {"items": [], "count": 0, "next_start": None}


def test_a_cut_text_says_how_much_is_missing() -> None:
    assert cut("abcdef", 4) == "abcd [... 2 more characters]"
    assert cut("abcd", 4) == "abcd"


def test_an_answer_has_no_control_characters() -> None:
    assert "\x1b" not in answer_text({"text": "\x1b[31m"})
